import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import type { Form, FormField } from '../../server/flow/document/form.ts'
import type { Clip } from './clipboard.ts'

export type Point = { readonly x: number; readonly y: number }
/** One end of an edge: where it leaves a step. */
export type Source = { readonly node: string; readonly port: string }
/** One end of an edge: where it comes in. */
export type Target = { readonly node: string; readonly input: string }
/** What a disabled step does with the records that come to it. */
export type Disabled = NonNullable<FlowNode['disabled']>

export type NoteColour = 'yellow' | 'blue' | 'green' | 'grey'

/** Everything that changes a draft. A gesture is one action, so that it is undone as one. */
export type Action =
  /** Adds a step: behind a port, before an input, inside an edge, or alone. */
  | {
      readonly do: 'add'
      readonly operation: string
      readonly at?: Point
      readonly after?: Source
      readonly before?: Target
      readonly edge?: string
      readonly settings?: FlowNode['settings']
      readonly name?: string
    }
  | { readonly do: 'connect'; readonly from: Source; readonly to: Target }
  /** Leads an edge elsewhere at one of its ends. */
  | { readonly do: 'reconnect'; readonly edge: string; readonly from: Source; readonly to: Target }
  | { readonly do: 'disconnect'; readonly edges: readonly string[] }
  /** Removes steps, edges and notes; what came before a removed step goes on to what came after it. */
  | {
      readonly do: 'remove'
      readonly nodes: readonly string[]
      readonly edges?: readonly string[]
      readonly notes?: readonly string[]
    }
  /** Puts steps and notes elsewhere. `what` names the gesture: “Move”, “Tidy up”, “Align left”. */
  | { readonly do: 'place'; readonly what: string; readonly places: { readonly [id: string]: Point } }
  /** Puts a step that stands alone into an edge. */
  | { readonly do: 'splice'; readonly node: string; readonly edge: string; readonly at?: Point }
  | { readonly do: 'replace'; readonly node: string; readonly operation: string }
  | { readonly do: 'rename'; readonly node: string; readonly name: string }
  /** One setting; undefined takes it away. */
  | { readonly do: 'set'; readonly node: string; readonly setting: string; readonly value: unknown }
  /** Several settings at once, as one step of undo. */
  | {
      readonly do: 'settle'
      readonly node: string
      readonly settings: FlowNode['settings']
      readonly slots?: Flow['slots']
    }
  /** Makes a setting a question of the flow's form: each flow made of it answers for itself. */
  | {
      readonly do: 'ask'
      readonly question: FormField
      readonly node: string
      readonly setting: string
      readonly value: unknown
    }
  | { readonly do: 'questions'; readonly form: Form; readonly what: string; readonly key?: string }
  | { readonly do: 'slot'; readonly node: string; readonly slot: string }
  | { readonly do: 'remark'; readonly node: string; readonly text: string }
  | { readonly do: 'disable'; readonly nodes: readonly string[]; readonly how: Disabled | undefined }
  | { readonly do: 'paste'; readonly clip: Clip; readonly at: Point; readonly verb?: 'Paste' | 'Duplicate' }
  | {
      readonly do: 'describe'
      readonly change: Partial<Pick<Flow, 'name' | 'description' | 'capture' | 'order'>>
    }
  /** Frames steps that belong together; steps of one group and of none join that group. */
  | { readonly do: 'group'; readonly nodes: readonly string[]; readonly title?: string }
  | { readonly do: 'ungroup'; readonly group: string }
  | {
      readonly do: 'change-group'
      readonly group: string
      readonly title?: string
      readonly colour?: NoteColour
      readonly nodes?: readonly string[]
    }
  | { readonly do: 'add-note'; readonly at: Point; readonly text?: string }
  | {
      readonly do: 'change-note'
      readonly note: string
      readonly text?: string
      readonly colour?: NoteColour
      readonly size?: { readonly width: number; readonly height: number }
    }
  /** The whole document at once: an earlier version, a file. */
  | { readonly do: 'become'; readonly flow: Flow; readonly what: string }

export type Selection = {
  readonly nodes: ReadonlySet<string>
  readonly edges: ReadonlySet<string>
  readonly notes: ReadonlySet<string>
}

export const NOTHING: Selection = { nodes: new Set(), edges: new Set(), notes: new Set() }
export const selectNodes = (...nodes: readonly string[]): Selection => ({ ...NOTHING, nodes: new Set(nodes) })

export type Applied =
  | {
      readonly ok: true
      readonly flow: Flow
      /** For “Undo: …”. */
      readonly label: string
      /** Actions with the same key within a short time are one step of undo: typing in one field. */
      readonly key?: string
      /** What is selected afterwards, where the action says so. */
      readonly select?: Selection
    }
  /** Why it cannot be done, in a sentence for people. */
  | { readonly ok: false; readonly why: string }
