/** What others say, too. Pure: no editor here. */

/** A diagnostic as far as it is compared. */
export interface Told {
  readonly source?: string | undefined;
  readonly message: string;
  /** 0 is the most severe. */
  readonly severity: number;
  readonly range: { readonly start: { readonly line: number } };
}

/** Those that no other source reports at the same line in the same words, as gopls does for an unreadable line. */
export function unrepeated<T extends Told>(ours: readonly T[], all: readonly Told[]): T[] {
  return ours.filter(
    each =>
      !all.some(
        other =>
          other.source !== each.source &&
          other.message === each.message &&
          other.severity <= each.severity &&
          other.range.start.line === each.range.start.line,
      ),
  );
}
