/** Hosts to choose from, and how they are written down. Pure: no editor here. */

import * as path from 'node:path';

const KEPT = 8;

/** The recent hosts with this one, an absolute path, as the newest. */
export function remembered(recent: readonly string[], host: string): string[] {
  return [host, ...recent.filter(each => each !== host)].slice(0, KEPT);
}

/** A host's path as it is written for a plugin: relative to `folder` where it is near, so that others can use it. */
export function referenceFor(host: string, folder: string, paths: path.PlatformPath = path): string {
  const relative = paths.relative(folder, host);
  const climbs = relative.split(paths.sep).filter(part => part === '..').length;
  // Another drive has no relative path; one that climbs to the root is no neighbour.
  const isNear = !paths.isAbsolute(relative) && climbs <= 3;
  return isNear ? (relative === '' ? '.' : relative).split(paths.sep).join('/') : host;
}
