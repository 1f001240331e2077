/** Remove diagnostics that another source reports too. Pure: does not use the editor's API. */

/** The fields of a diagnostic that are compared. */
export interface ComparedDiagnostic {
  readonly source?: string | undefined;
  readonly message: string;
  /** 0 is the most severe. */
  readonly severity: number;
  readonly range: { readonly start: { readonly line: number } };
}

/** The diagnostics without those that another source reports at the same line with the same message, as gopls may. */
export function withoutDuplicates<T extends ComparedDiagnostic>(
  ours: readonly T[],
  all: readonly ComparedDiagnostic[],
): T[] {
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
