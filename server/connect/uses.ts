/** Which connections this process has noted as used today, so that a busy one costs one write a day and no more questions. */
export function createUses(note: (workspace: string, id: string) => Promise<void>, today = utcDay) {
  let day = today()
  const noted = new Set<string>()
  return async (workspace: string, id: string): Promise<void> => {
    const now = today()
    if (now !== day) {
      noted.clear()
      day = now
    }
    const key = `${workspace}/${id}`
    if (noted.has(key)) return
    noted.add(key)
    try {
      await note(workspace, id)
    } catch (error) {
      noted.delete(key)
      throw error
    }
  }
}

const utcDay = (): string => new Date().toISOString().slice(0, 10)
