/** A wish of the control page that the books do not allow. */
export class ControlRefused extends Error {}
