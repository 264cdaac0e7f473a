import { statfs } from 'node:fs/promises'

/** Of the disk, and never more than so many bytes: what has to be free for events to be taken. */
const PART = 0.1
const MOST_BYTES = 2_000_000_000
const LOOK_MS = 1_000

export type DiskWatch = {
  /** Whether so little is free that what is taken now might not be kept, at the last look. */
  nearlyFull(): boolean
  close(): void
}

/**
 * Looks every second at the disk that a folder is on. A database that has run out of room may stop altogether, so events
 * are refused while it still has some, and their senders come again.
 * @throws where there is no such folder
 */
export async function watchDisk(folder: string, warn: (message: string) => void): Promise<DiskWatch> {
  let tight = false
  async function look(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(folder)
    const [free, all] = [bavail * bsize, blocks * bsize]
    const now = free < Math.min(all * PART, MOST_BYTES)
    if (now !== tight) {
      const room = `${Math.floor(free / 1e6)} of ${Math.floor(all / 1e6)} MB are free`
      warn(
        now
          ? `the disk of the database is nearly full, ${room}: no events are taken until there is room`
          : `the disk of the database has room again, ${room}: events are taken`,
      )
    }
    tight = now
  }
  await look().catch((cause: unknown) => {
    throw new Error(`DATABASE_DISK has to be a folder that this process can see: ${folder}`, { cause })
  })
  // A disk that is gone for a moment is the database's to notice.
  const looking = setInterval(() => void look().catch(() => undefined), LOOK_MS)
  return { nearlyFull: () => tight, close: () => clearInterval(looking) }
}
