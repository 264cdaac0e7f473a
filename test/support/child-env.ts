/**
 * What a program that a test starts gets of the test's own environment: where to find others, and where the code is
 * that an earlier process has compiled (see global-setup.ts); everything else would differ from machine to machine.
 */
export const CHILD_ENV: { readonly [name: string]: string } = {
  PATH: process.env.PATH ?? '',
  ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
}
