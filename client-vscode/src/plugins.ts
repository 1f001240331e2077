/** Which go.mod is meant. Pure: no editor here. */

import * as path from 'node:path';

/** The go.mod files in the folders above a file, nearest first, the file itself where it is one. */
export function gomodsAbove(file: string, paths: path.PlatformPath = path): string[] {
  const found: string[] = [];
  for (let folder = paths.dirname(file); ; folder = paths.dirname(folder)) {
    found.push(paths.join(folder, 'go.mod'));
    if (folder === paths.dirname(folder)) {
      return found;
    }
  }
}

/** The go.mod that belongs to the file that is looked at, of those that are open; else the only one that is open. */
export function gomodFor(active: string | undefined, open: readonly string[]): string | undefined {
  const above = active === undefined ? [] : gomodsAbove(active);
  return above.find(each => open.includes(each)) ?? (open.length === 1 ? open[0] : undefined);
}
