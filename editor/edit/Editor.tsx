import { ReactFlowProvider } from '@xyflow/react'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useBlocker } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Draft } from '../../server/contract/flows.ts'
import type { Action, Source } from '../draft/action.ts'
import { keepIn } from '../draft/keep.ts'
import { createSession, type DraftSession } from '../draft/session.ts'
import type { Operations } from '../draft/connect.ts'
import { usePaletteOpened } from '../palette/store.ts'
import { lookWhoItIs } from '../people/look-who-it-is.ts'
import { flowQuery, sessionQuery } from '../queries.ts'
import type { ApiError } from '../request.ts'
import type { StepTab } from '../search.ts'
import { useRights } from '../shell/use-rights.ts'
import { StepPanel } from '../step/StepPanel.tsx'
import type { CommandName } from './commands.ts'
import { ConnectDialog } from './ConnectDialog.tsx'
import { Conflicts } from './Conflicts.tsx'
import {
  type Adding,
  type Editor as EditorParts,
  EditorProvider,
  ProblemsContext,
  UncheckedContext,
  useDraft,
} from './context.ts'
import { Dock } from './Dock.tsx'
import classes from './Editor.module.css'
import { LeaseBar } from './LeaseBar.tsx'
import { Middle } from './Middle.tsx'
import { Notice } from './Notice.tsx'
import { PublishedBar } from './PublishedBar.tsx'
import { PublishDialog } from './PublishDialog.tsx'
import { QuickAdd } from './QuickAdd.tsx'
import { Rail } from './Rail.tsx'
import { sendDraft } from './remote.ts'
import { Shortcuts } from './Shortcuts.tsx'
import { tabName } from './tab.ts'
import { TestDialog } from './TestDialog.tsx'
import { TopBar } from './TopBar.tsx'
import { UnsentBar } from './UnsentBar.tsx'
import { useCommands } from './use-commands.ts'
import { useFoundProblems } from './use-found-problems.ts'
import { useKeys } from './use-keys.ts'
import { useLease } from './use-lease.ts'
import { useOffers } from './use-offers.ts'

const route = getRouteApi('/w/$workspace/flows/$flow/edit')

type Dialog =
  | { readonly is: 'connect'; readonly from: Source }
  | { readonly is: 'shortcuts' | 'publish' | 'conflicts' | 'test' }

/** The editor of one draft. A new draft (another flow) is a new editor. */
export function Editor(props: { workspace: string; flowId: string; draft: Draft; operations: Operations }) {
  return (
    <ReactFlowProvider>
      <Opened key={props.flowId} {...props} />
    </ReactFlowProvider>
  )
}

function Opened(props: { workspace: string; flowId: string; draft: Draft; operations: Operations }) {
  const { workspace, flowId, operations } = props
  const { may, closing } = useRights(workspace)
  const mayEdit = may('flows.edit')
  const person = useQuery(sessionQuery).data?.user.id ?? ''
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const refused = (error: ApiError) => void lookWhoItIs(client, error)
  const [session] = useState(() =>
    createSession({
      draft: props.draft,
      operations,
      save: (document, revision) => sendDraft(workspace, flowId, document, revision, refused),
      keep: keepIn(() => localStorage, { person, flow: flowId, tab: tabName() }),
      readOnly: !mayEdit,
    }),
  )
  const [adding, setAdding] = useState<Adding>()
  const [dialog, setDialog] = useState<Dialog | undefined>(
    search.ask === 'publish' && may('flows.publish') ? { is: 'publish' } : undefined,
  )
  const [said, setSaid] = useState<{ text: string; tone: 'plain' | 'attention'; id: number }>()
  const say = useCallback((text: string, tone: 'plain' | 'attention' = 'plain') => {
    setSaid((before) => ({ text, tone, id: (before?.id ?? 0) + 1 }))
  }, [])
  const { problems, unchecked } = useFoundProblems(workspace, flowId, session, operations, dialog?.is === 'publish')
  const step = useDraft(session, ({ flow }) =>
    search.step !== undefined && flow.nodes.some((node) => node.id === search.step) ? search.step : undefined,
  )
  // On a phone a canvas is for looking: the outline is the editor there unless somebody asks for the other.
  const phone = useMediaQuery('(max-width: 48em)')
  const view = search.show ?? (phone ? 'outline' : 'canvas')

  const act = useCallback(
    (action: Action) => {
      const done = session.do(action)
      if (!done.ok) say(done.why, 'attention')
      return done
    },
    [session, say],
  )
  const command = useRef<(name: CommandName) => unknown>(() => {})
  const reveal = useRef<(node: string) => void>(() => {})
  const editor = useMemo(
    (): EditorParts => ({
      workspace,
      flowId,
      session,
      operations,
      mayEdit,
      act,
      say,
      open: (node, field) => {
        session.select({ nodes: new Set([node]), edges: new Set(), notes: new Set() })
        void navigate({
          search: (before) => {
            const { field: _, ...rest } = before
            return {
              ...rest,
              step: node,
              tab: field === undefined ? (rest.tab ?? 'settings') : 'settings',
              ...(field ? { field } : {}),
            }
          },
          resetScroll: false,
        })
        reveal.current(node)
      },
      reveal: (node) => reveal.current(node),
      ask: setAdding,
      connectFrom: (from) => setDialog({ is: 'connect', from }),
      command: (name) => command.current(name),
    }),
    [workspace, flowId, session, operations, mayEdit, act, say, navigate],
  )
  const commands = useCommands({
    editor,
    view,
    step,
    show: (is) => setDialog({ is }),
    go: (where) => {
      if (where === 'compare')
        void session
          .flush()
          .then(() =>
            navigate({ to: '/w/$workspace/flows/$flow/compare', params: { workspace, flow: flowId }, search: {} }),
          )
      else if (may('flows.run')) setDialog({ is: 'test' })
      else
        say(
          closing ? 'Nothing is tested in a workspace that is being closed.' : 'Your role tests no flow.',
          'attention',
        )
    },
    setSearch: (change) => void navigate({ search: (before) => ({ ...before, ...change }), resetScroll: false }),
    clearStep: () =>
      void navigate({
        search: ({ step: _s, field: _f, tab: _t, ...rest }) => rest,
        resetScroll: false,
      }),
  })
  command.current = commands.run
  reveal.current = commands.reveal
  const searching = usePaletteOpened()
  useKeys(commands, session, dialog !== undefined || adding !== undefined || searching)
  useOffers(editor)
  useLeaving(session)
  // An address that names a step shows it, wherever somebody looked last.
  const first = useRef(step)
  useEffect(() => {
    const node = first.current
    if (node === undefined) return
    session.select({ nodes: new Set([node]), edges: new Set(), notes: new Set() })
    reveal.current(node)
  }, [session])
  const lease = useLease(workspace, flowId, session, mayEdit)
  // What was refused while one might not is sent once one may again.
  useEffect(() => {
    if (mayEdit) void session.flush()
  }, [session, mayEdit])

  return (
    <EditorProvider value={editor}>
      <ProblemsContext value={problems}>
        <UncheckedContext value={unchecked}>
          <div className={classes.editor} data-view={view}>
            <TopBar onCombine={() => setDialog({ is: 'conflicts' })} onPublish={() => setDialog({ is: 'publish' })} />
            {mayEdit ? <LeaseBar lease={lease} /> : null}
            <UnsentBar closing={closing} />
            <PublishedBar live={lease.view?.liveVersion} />
            <div className={classes.body}>
              <Rail
                view={view}
                panel={search.panel}
                onPanel={(panel) =>
                  void navigate({
                    search: ({ panel: _, ...rest }) => (panel ? { ...rest, panel } : rest),
                    resetScroll: false,
                  })
                }
              />
              <Middle view={view} minimap={commands.minimap} tidying={commands.tidying} />
              {step === undefined ? null : (
                <Dock>
                  <StepPanel
                    node={step}
                    field={search.field}
                    tab={search.tab ?? 'settings'}
                    onTab={(tab: StepTab) =>
                      void navigate({ search: (before) => ({ ...before, tab }), resetScroll: false })
                    }
                    onClose={() => commands.run('close')}
                  />
                </Dock>
              )}
            </div>
            <Notice said={said} />
          </div>
          {adding ? <QuickAdd adding={adding} onClose={() => setAdding(undefined)} /> : null}
          {dialog?.is === 'connect' ? (
            <ConnectDialog node={dialog.from.node} port={dialog.from.port} onClose={() => setDialog(undefined)} />
          ) : null}
          {dialog?.is === 'shortcuts' ? <Shortcuts onClose={() => setDialog(undefined)} /> : null}
          {dialog?.is === 'publish' ? (
            <PublishDialog
              onClose={() => {
                setDialog(undefined)
                void navigate({ search: ({ ask: _, ...rest }) => rest, replace: true, resetScroll: false })
              }}
            />
          ) : null}
          {dialog?.is === 'test' ? <TestDialog step={step} onClose={() => setDialog(undefined)} /> : null}
          {dialog?.is === 'conflicts' ? <Conflicts onClose={() => setDialog(undefined)} /> : null}
        </UncheckedContext>
      </ProblemsContext>
    </EditorProvider>
  )
}

/** The session lasts as long as the page. Unsent work goes first; where it cannot, leaving asks. */
function useLeaving(session: DraftSession): void {
  useEffect(() => {
    session.begin()
    const closing = (event: BeforeUnloadEvent) => {
      if (session.unsent()) event.preventDefault()
    }
    const online = () => void session.flush()
    window.addEventListener('beforeunload', closing)
    window.addEventListener('online', online)
    return () => {
      window.removeEventListener('beforeunload', closing)
      window.removeEventListener('online', online)
      void session.flush()
      session.close()
    }
  }, [session])
  useBlocker({
    shouldBlockFn: async ({ current, next }) => {
      if (current.pathname === next.pathname || next.pathname === '/sign-in') return false
      await session.flush()
      if (!session.unsent()) return false
      return !window.confirm('Your last changes are not saved yet. They are kept in this browser. Leave all the same?')
    },
    enableBeforeUnload: false,
  })
}

/** Told by the flow's own record: somebody has saved or published meanwhile. */
export function useFlowHere(workspace: string, flowId: string) {
  return useQuery({ ...flowQuery(workspace, flowId), refetchInterval: 15_000 })
}
