/** The server's rule (server/contract/people.ts), named here so that a person learns it before sending. */
export const MIN_PASSWORD = 12
