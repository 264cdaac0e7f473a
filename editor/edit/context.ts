import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Problem } from '../../server/flow/schema/problem.ts'
import type { Action, Applied, Point, Source, Target } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import type { CommandName } from './commands.ts'
import type { DraftSession, Snapshot } from '../draft/session.ts'

/** Where a new step goes, while the list to choose from is open. */
export type Adding = {
  /** On the canvas; undefined: where there is room. */
  readonly at?: Point
  readonly after?: Source
  readonly before?: Target
  readonly edge?: string
  /** A step whose operation is to be replaced. */
  readonly replace?: string
  /** In the window, for the list; undefined: in the middle. */
  readonly screen?: Point
}

export type Editor = {
  readonly workspace: string
  readonly flowId: string
  readonly session: DraftSession
  readonly operations: Operations
  readonly mayEdit: boolean
  /** Carries an action out, or says why not. */
  readonly act: (action: Action) => Applied
  /** Says a sentence at the foot of the page, and to those who listen. */
  readonly say: (text: string, tone?: 'plain' | 'attention') => void
  /** Opens a step beside the canvas. */
  readonly open: (node: string, field?: string) => void
  readonly ask: (adding: Adding | undefined) => void
  /** Brings a step into view and gives it the focus, without more movement than that takes. */
  readonly reveal: (node: string) => void
  readonly connectFrom: (from: Source) => void
  /** Carries out a command by its name, as its key would. */
  readonly command: (name: CommandName) => void
}

/** Apart from the editor, which stays the same while one works: findings change with every change. */
export const ProblemsContext = createContext<readonly Problem[]>([])
export const useProblems = (): readonly Problem[] => useContext(ProblemsContext)

/** What only the server finds was not looked at, as it did not answer; undefined where it did. */
export type Unchecked = { readonly again: () => void } | undefined
export const UncheckedContext = createContext<Unchecked>(undefined)
export const useUnchecked = (): Unchecked => useContext(UncheckedContext)

export const EditorContext = createContext<Editor | undefined>(undefined)
export const EditorProvider = EditorContext.Provider

export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (editor === undefined) throw new Error('This part belongs inside an editor.')
  return editor
}

/** The parts of the draft that `pick` gives; the component is drawn again only when they change. */
export function useDraft<Part>(session: DraftSession, pick: (snapshot: Snapshot) => Part): Part {
  return useSyncExternalStore(session.subscribe, () => pick(session.get()))
}
