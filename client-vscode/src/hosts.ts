/** The hosts that can be chosen, and the references that are saved for them. Pure: does not use the editor's API. */

import * as path from 'node:path';

const KEPT = 8;
const REGISTRY = 'docker:';
const IMAGE = /^(docker:|docker-archive:|oci-archive:|oci:)(.*)$/;

/** The references to save for a host. */
export interface Host {
  /** In layerg-pin.toml, for all users of the project. */
  readonly inProject: string;
  /** In the settings of one user. */
  readonly inSettings: string;
  readonly isRelease: boolean;
}

/** A host that the server offers, as `layergPin.hosts` returns it. */
export interface HostChoice {
  readonly reference: string;
  readonly label: string;
  readonly detail: string;
  readonly likely: boolean;
  readonly is_release: boolean;
}

/** The hosts in an answer of the server; none if the answer has another form. */
export function hostChoices(answer: unknown): HostChoice[] {
  const isChoice = (each: unknown): each is HostChoice =>
    typeof each === 'object' && each !== null && 'reference' in each && 'label' in each && 'detail' in each;
  return Array.isArray(answer) ? answer.filter(isChoice) : [];
}

/** The host at an absolute path, or an image in a file, in a folder or in a registry. */
export function atPath(host: string, folder: string): Host {
  const [, form = '', location = host] = IMAGE.exec(host) ?? [];
  const inProject = form === REGISTRY ? host : form + referenceFor(location, folder);
  return { inProject, inSettings: host, isRelease: false };
}

/** The host of a choice, whose paths are relative to `folder`. */
export function asHost(choice: HostChoice, folder: string): Host {
  const { reference, is_release: isRelease } = choice;
  const [, form = '', location = reference] = IMAGE.exec(reference) ?? [];
  const isAnywhere = isRelease || form === REGISTRY;
  return {
    inProject: reference,
    inSettings: isAnywhere ? reference : form + path.resolve(folder, location),
    isRelease,
  };
}

/** The recent hosts, as written in settings, with this one as the newest. */
export function remembered(recent: readonly string[], host: string): string[] {
  return [host, ...recent.filter(each => each !== host)].slice(0, KEPT);
}

/** The path to save for a host: relative to the plugin's `folder` if it is near, so that others can use it. */
export function referenceFor(host: string, folder: string, paths: path.PlatformPath = path): string {
  const relative = paths.relative(folder, host);
  const climbs = relative.split(paths.sep).filter(part => part === '..').length;
  // There is no relative path to another drive, and a path with many `..` is not near.
  const isNear = !paths.isAbsolute(relative) && climbs <= 3;
  return isNear ? (relative === '' ? '.' : relative).split(paths.sep).join('/') : host;
}
