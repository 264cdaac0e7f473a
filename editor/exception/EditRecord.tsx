import { Button, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExceptionDetail } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { type VersionChoice, VersionRadio } from '../run/VersionRadio.tsx'
import { Card } from '../shell/Page.tsx'
import { DifferenceTable } from './DifferenceTable.tsx'
import { differences } from './difference.ts'
import classes from './EditRecord.module.css'
import { readRecord } from './json-text.ts'
import { Failure } from '../parts/Failure.tsx'

/** Changes the record of an exception and tries it again; what differs is shown before anything happens. */
export function EditRecord(props: { workspace: string; exception: ExceptionDetail; onClose: () => void }) {
  const { workspace, exception } = props
  const client = useQueryClient()
  const original = JSON.stringify(exception.record, null, 2)
  const [text, setText] = useState(original)
  const [version, setVersion] = useState<VersionChoice>('live')
  const read = readRecord(text)
  const changed = read.ok ? differences(exception.record, read.record) : []
  const retry = useMutation({
    mutationFn: (record: ExceptionDetail['record']) => api.retryException(workspace, exception.id, { record, version }),
    onSuccess: async () => {
      props.onClose()
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (read.ok && changed.length > 0) retry.mutate(read.record)
      }}
    >
      <Card>
        <Textarea
          label="The record"
          description="As JSON: names and texts in double quotes, amounts as they stand. The source is not changed, only what goes on from here."
          autosize
          minRows={8}
          maxRows={24}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          classNames={{ input: classes.text ?? '' }}
          value={text}
          error={read.ok ? undefined : `Line ${read.line}: ${read.message}`}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div role="status">
          {read.ok ? (
            <p className="muted">
              {changed.length === 0 ? 'Nothing is changed yet.' : `${countOf(changed.length, 'field')} changed:`}
            </p>
          ) : null}
        </div>
        {changed.length > 0 ? <DifferenceTable rows={changed} /> : null}
        <VersionRadio same={exception.version} value={version} onChange={setVersion} />
        <Failure error={retry.error} />
        <p className="muted">
          It goes on at “{exception.nodeName}” with this record instead. That it was edited, and by whom, stays on file.
        </p>
        <div className={classes.buttons}>
          <Button type="submit" loading={retry.isPending} disabled={!read.ok || changed.length === 0}>
            Try again with this record
          </Button>
          <Button variant="default" onClick={props.onClose} disabled={retry.isPending}>
            Leave it as it was
          </Button>
          {text === original ? null : (
            <Button variant="subtle" onClick={() => setText(original)} disabled={retry.isPending}>
              Undo all changes
            </Button>
          )}
        </div>
      </Card>
    </form>
  )
}
