/** The server's answers about upgrades. Pure: does not use the editor's API. */

import { type HostChoice, hostChoices } from './hosts';

/** An upgrade that the server has computed, as `layergPin.planUpgrade` returns it. */
export interface Plan {
  /** Names the plan when it is applied. */
  readonly key: string;
  readonly title: string;
  /** Markdown. */
  readonly report: string;
  /** The number of files that change. */
  readonly files: number;
}

/** The plan in an answer of the server; undefined if there is none, which the server has explained by a message. */
export function readPlan(answer: unknown): Plan | undefined {
  const isPlan = (each: unknown): each is Plan =>
    typeof each === 'object' && each !== null && 'key' in each && 'title' in each && 'report' in each;
  return isPlan(answer) ? answer : undefined;
}

/** The releases in an answer of `layergPin.hosts`: the likely ones, then the others, newest first. */
export function releaseChoices(answer: unknown): HostChoice[] {
  return hostChoices(answer).filter(each => each.is_release);
}

/** The number of files, in words. */
export function fileCount(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
