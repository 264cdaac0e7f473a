/** The window in which somebody has shown who they are tells the one that asked. */
export const PROVED_CHANNEL = 'tieline.proved'
