/** The window in which somebody has shown who they are, or has not, tells the one that asked. */
export const PROVED_CHANNEL = 'tieline.proved'

/** `failure`: one of the codes in ./say-sso.ts. */
export type Proved = { readonly failure?: string }
