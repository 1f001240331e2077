/** Determine the go.mod of the active plugin. Pure: does not use the editor's API. */

import * as path from 'node:path';

/** The paths at which a file's folder and the folders above it can have a go.mod, the nearest first. */
export function gomodsAbove(file: string, paths: path.PlatformPath = path): string[] {
  const found: string[] = [];
  for (let folder = paths.dirname(file); ; folder = paths.dirname(folder)) {
    found.push(paths.join(folder, 'go.mod'));
    if (folder === paths.dirname(folder)) {
      return found;
    }
  }
}

/** The open go.mod that is nearest to the active file; otherwise the only open one. */
export function gomodFor(active: string | undefined, open: readonly string[]): string | undefined {
  const above = active === undefined ? [] : gomodsAbove(active);
  return above.find(each => open.includes(each)) ?? (open.length === 1 ? open[0] : undefined);
}
