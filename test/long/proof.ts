/** A proof of minutes or hours. It runs to its end whatever it finds, and says what it saw. */
export type Proof = {
  readonly title: string
  /** `figure`: counts and times, as they stand in the results. */
  run(): Promise<{ readonly figure: string; readonly ok: boolean }>
}
