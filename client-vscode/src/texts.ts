/** Texts of protocol edits, and texts that people hand over. Pure: no editor here. */

export interface Position {
  readonly line: number;
  /** In UTF-16 units. */
  readonly character: number;
}

export interface Edit {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly newText: string;
}

/** The text after edits that all refer to it as it is and do not overlap, as the protocol has them. */
export function applied(text: string, edits: readonly Edit[]): string {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), found => found.index + found[0].length)];
  const offset = ({ line, character }: Position) => {
    const start = starts[line];
    return start === undefined ? text.length : Math.min(start + character, starts[line + 1] ?? text.length);
  };
  const located = edits.map((edit, index) => ({
    from: offset(edit.range.start),
    to: offset(edit.range.end),
    text: edit.newText,
    index,
  }));
  located.sort((one, other) => one.from - other.from || one.index - other.index);
  let done = '';
  let position = 0;
  for (const edit of located) {
    done += text.slice(position, edit.from) + edit.text;
    position = edit.to;
  }
  return done + text.slice(position);
}

const TELLING = /different version of package|plugin\.Open|plugin: |go: |missing go\.sum entry|no required module/;
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

/** The line of a text that a person copied which most likely is the error: the first that looks like one, else the first. */
export function errorLine(text: string): string {
  const lines = text
    .replaceAll(COLOURS, '')
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '');
  return lines.find(line => TELLING.test(line)) ?? lines[0] ?? '';
}
