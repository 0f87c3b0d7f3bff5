// SPDX-License-Identifier: Apache-2.0
// One line that says how far a run is: files, bytes, speed, time left.

import type { Progress } from '../index.js';

/** The line, cut to the terminal's width. */
export function progressLine(progress: Progress, seconds: number, columns: number): string {
  return (progress.filesTotal === 0 ? `listing files ${seconds.toFixed(0)} s` : counts(progress, seconds)).slice(
    0,
    columns - 1,
  );
}

function counts({ filesDone, filesTotal, bytesDone, bytesTotal }: Progress, seconds: number): string {
  const speed = seconds > 0 ? bytesDone / seconds : 0;
  const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytesDone) / bytesTotal);
  const left = speed > 0 ? `${duration((bytesTotal - bytesDone) / speed)} left` : '';
  const [done, total] = [gigabytes(bytesDone), gigabytes(bytesTotal)];
  return `${percent} %  ${filesDone}/${filesTotal} files  ${done}/${total} GB  ${gigabytes(speed)} GB/s  ${left}`.trimEnd();
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
