import { Button, Group, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { PinRequest } from '../../server/contract/samples.ts'
import { changedSince } from '../../server/flow/document/basis.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { sayError } from '../parts/say-error.ts'
import { When } from '../parts/When.tsx'
import { pin, unpin, usePinned } from './pinned.ts'
import classes from './Sample.module.css'
import { Stale } from './Stale.tsx'
import type { Sample } from './use-sample.ts'

/** Keeps the records that a step is tried with: those of a run, or some written by hand. */
export function Pin({ node, input, sample }: { node: string; input: string; sample: Sample }) {
  const { workspace, flowId, session, mayEdit } = useEditor()
  const client = useQueryClient()
  const readOnly = useDraft(session, (snapshot) => snapshot.readOnly)
  const pinned = usePinned(node)
  const [text, setText] = useState<string>()
  const done = () => client.invalidateQueries({ queryKey: [workspace, 'flows', flowId, 'samples'] })
  const keep = useMutation({
    mutationFn: (body: PinRequest) => pin(workspace, flowId, node, body),
    onSuccess: async () => {
      setText(undefined)
      await done()
    },
  })
  const drop = useMutation({ mutationFn: () => unpin(workspace, flowId, node), onSuccess: done })
  const flow = useDraft(session, (snapshot) => snapshot.flow)
  const sinceThen = useMemo(
    () => (pinned?.basis ? changedSince(pinned.basis, flow, node, 'in') : []),
    [pinned, flow, node],
  )
  const written = read(text ?? '[]')
  const objects = sample.records.filter((one): one is { [name: string]: unknown } => isRecord(one))
  const error = keep.error ?? drop.error
  return (
    <div className={classes.tried}>
      {pinned ? (
        <p>
          {countOf(pinned.records, 'record')} pinned by {pinned.author}, <When at={pinned.at} />. Tests use them; runs
          never do.
        </p>
      ) : null}
      {pinned ? <Stale names={sinceThen} since="these were pinned" /> : null}
      {mayEdit && !readOnly ? (
        <Group gap="xs">
          {pinned ? (
            <Button size="compact-sm" variant="default" loading={drop.isPending} onClick={() => drop.mutate()}>
              Unpin
            </Button>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              disabled={objects.length === 0}
              loading={keep.isPending}
              onClick={() =>
                keep.mutate({ inputs: { [input]: objects }, ...(sample.run ? { run: sample.run.id } : {}) })
              }
            >
              Pin {countOf(objects.length, 'record')}
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setText(JSON.stringify(objects.length > 0 ? objects : [{}], null, 2))}
          >
            Write records by hand…
          </Button>
        </Group>
      ) : null}
      {error && text === undefined ? <p role="alert">{sayError(error).title}</p> : null}
      <EffectDialog
        open={text !== undefined}
        title="Records to try this step with"
        verb="Pin them"
        disabled={!written.ok}
        busy={keep.isPending}
        error={keep.error}
        onConfirm={() => written.ok && keep.mutate({ inputs: { [input]: written.records } })}
        onClose={() => setText(undefined)}
      >
        <p>They are kept for this step, sealed, until somebody unpins them. No run ever uses them.</p>
        <Textarea
          label="Records"
          description="A list of JSON objects, at most 200."
          autosize
          minRows={8}
          maxRows={20}
          spellCheck={false}
          error={written.ok ? undefined : written.why}
          value={text ?? ''}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
      </EffectDialog>
    </div>
  )
}

const MOST = 200

const isRecord = (value: unknown): value is { [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Written =
  | { readonly ok: true; readonly records: { [name: string]: unknown }[] }
  | { readonly ok: false; readonly why: string }

function read(text: string): Written {
  try {
    const value: unknown = JSON.parse(text)
    const list = Array.isArray(value) ? value : [value]
    if (list.length > MOST) return { ok: false, why: `At most ${MOST} records; these are ${list.length}.` }
    const wrong = list.findIndex((one) => !isRecord(one))
    if (wrong >= 0) return { ok: false, why: `Record ${wrong + 1} is no object: write { … }.` }
    return { ok: true, records: list as { [name: string]: unknown }[] } // each was looked at
  } catch (error) {
    return { ok: false, why: `This is no JSON yet: ${error instanceof Error ? error.message : 'it cannot be read'}.` }
  }
}
