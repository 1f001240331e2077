"""Messages of the system and of Docker that stop a build or a host: memory, disk, processors, images, copied files.

Sources: Linux's error texts, Go's cmd/go and os/exec, BuildKit, the Docker engine and runc. Docker's texts are from
public reports.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind, kind

_MEMORY = (
    'give the build more memory (Docker Desktop: Settings, Resources), or build with `-p 1`; -ldflags "-s -w" makes '
    "the linker need less and does not matter to plugin.Open"
)
_PLATFORM = (
    "build and run with the host's platform: `docker build --platform linux/amd64`, or `platform:` in the compose file"
)

SYSTEM_KINDS: tuple[Kind, ...] = (
    kind(
        "out-of-memory",
        r": signal: killed\b",
        "the system killed {what}, almost always because memory ran out",
        "the machine or container that builds: linking a plugin needs 1 to 4 GB",
        _MEMORY,
    ),
    kind(
        "out-of-memory",
        r"(?:ld|cc1|collect2|as) terminated with signal 9 \[Killed\]",
        "the system killed the C compiler or linker, almost always because memory ran out",
        "the machine or container that builds: linking a plugin needs 1 to 4 GB",
        _MEMORY,
    ),
    kind(
        "out-of-memory",
        r"fork/exec (?P<program>[^\s:\"']{1,400}): cannot allocate memory",
        "the system does not have enough memory to start {program}",
        "the machine or container that builds: linking a plugin needs 1 to 4 GB",
        _MEMORY,
    ),
    kind(
        "out-of-memory",
        r"(?:did not complete successfully: exit code: 137\b|returned a non-zero code: 137\b|executor failed running "
        r"[^\n]{1,400}: exit code: 137\b)",
        "the command was killed (exit code 137), almost always because memory ran out",
        "the machine or container that builds: linking a plugin needs 1 to 4 GB",
        _MEMORY,
    ),
    kind(
        "disk-full",
        r": no space left on device",
        "the disk is full where {what} was written",
        "the machine or container that builds, or the host",
        "free space: `go clean -cache`, `docker system prune`, or give Docker a larger disk",
    ),
    kind(
        "exec-format-program",
        r"(?:fork/exec|exec) (?P<program>[^\s:\"']{1,400}): exec format error",
        "{program} is built for another processor than this machine's, or is not a program",
        "the image's or the program's platform; a shell script without its `#!` line gives the same error",
        _PLATFORM,
    ),
    kind(
        "exec-format-program",
        r"(?:exec user process caused:? \"?exec format error|cannot execute binary file: Exec format error)",
        "the program is built for another processor than this machine's, or is not a program",
        "the image's platform",
        _PLATFORM,
    ),
    kind(
        "image-platform",
        r"requested image's platform \((?P<image>[\w/]{1,40})\) does not match the detected host platform "
        r"\((?P<machine>[\w/]{1,40})\)",
        "the image is for {image}, and this machine is {machine}: Docker emulates it",
        "the image's platform, or DOCKER_DEFAULT_PLATFORM; it is a warning, and the plugin is built for {image}",
        "if the host runs on {image}, ignore it; otherwise build with the host's platform",
    ),
    kind(
        "image-platform",
        r"(?:no matching manifest for (?P<platform>[\w/]{1,40})|no match for platform in manifest)",
        "the image does not exist for this machine's platform",
        "the image: it was published for other platforms, usually linux/amd64 only",
        _PLATFORM,
    ),
    kind(
        "image-not-found",
        r"(?:pull access denied for (?P<image>[^\s,\"']{1,300})|manifest for (?P<tag>[^\s\"']{1,300}) not found)",
        "the registry has no such image or tag, or hides it from this login",
        "the FROM line, or `image:` in the compose file",
        "correct the image and tag: a pluginbuilder image has the tag of the server's image; for a private one, "
        "`docker "
        "login`",
    ),
    kind(
        "image-not-found",
        r"failed to resolve source metadata for (?P<image>[^\s\"']{1,300}):",
        "Docker cannot find or read the image {image}",
        "the FROM line: the image or tag does not exist, or the network of the build",
        "correct the image and tag: a pluginbuilder image has the tag of the server's image",
    ),
    kind(
        "copy-not-found",
        r"COPY failed: (?:file not found in build context|stat )(?P<rest>[^\n\"]{0,400})",
        "the Dockerfile copies a file that the build context does not have",
        "the COPY line, the folder that `docker build` was given, or .dockerignore",
        "build from the folder that has the file (`docker build -f DOCKERFILE FOLDER`), or correct COPY or "
        ".dockerignore",
    ),
    kind(
        "copy-not-found",
        r"failed to (?:compute cache key|calculate checksum of ref)[^\n]{0,400}?\"?(?P<path>/[^\s\"']{1,300})\"?: not "
        r"found",
        "the Dockerfile copies {path}, which the build context does not have",
        "the COPY line, the folder that `docker build` was given, or .dockerignore; in a COPY --from, a failed or "
        "other "
        "stage",
        "build from the folder that has the file (`docker build -f DOCKERFILE FOLDER`), or correct COPY or "
        ".dockerignore",
    ),
    kind(
        "mount-not-a-file",
        r"Are you trying to mount a directory onto a file",
        "a volume mounts a folder where the image has a file, or the reverse",
        "the volumes of the compose file or of `docker run`: Docker creates a folder if the file to be mounted is "
        "missing",
        "build the .so first, remove the folder that Docker created, and start the container again",
    ),
    kind(
        "no-docker",
        r"Cannot connect to the Docker daemon",
        "Docker does not run, or this user may not use it",
        "the machine that builds",
        "start Docker, or add the user to the docker group",
    ),
    kind(
        "no-cache-folder",
        r"(?:build cache is required, but could not be located|module cache not found|could not create module cache): "
        r"(?P<reason>[^\n\"]{1,300})",
        "Go has no folder for its caches: {reason}",
        "the environment of the build: a container's user without HOME, or a folder that is read-only",
        "set HOME, or GOCACHE and GOMODCACHE, to folders that the user can write, such as GOCACHE=/tmp/go-build",
    ),
    kind(
        "not-writable",
        r"(?:go: |go build [^\s:]{1,300}: |copying [^\s:]{1,400}: )(?:creating work dir: )?(?:open|mkdir|create|stat|"
        r"RLock|Lock)"
        r" (?P<path>[^\s:\"']{1,400}): (?P<reason>permission denied|read-only file system|no such file or directory)",
        "the build cannot write {path}: {reason}",
        "the user that builds, or a volume that is mounted read-only",
        "build as the owner of the folder, or name another output with -o, cache with GOCACHE or GOMODCACHE",
    ),
)
