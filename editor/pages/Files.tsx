import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ChangeEvent, useRef } from 'react'
import type { FileView } from '../../server/contract/files.ts'
import * as kept from '../kept.ts'
import { countOf, sayBytes } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { DeleteButton } from '../parts/DeleteButton.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/files')

/** What people uploaded for flows to read, what flows fetched, and what they made. */
export function Files() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const files = useQuery({ ...kept.filesQuery(workspace), enabled: may('files.read') })
  const columns: readonly Column<FileView>[] = [
    {
      id: 'name',
      title: 'File',
      grow: true,
      cell: (file) => (
        <a href={kept.fileContent(workspace, file.id)} download={file.name}>
          {file.name}
        </a>
      ),
    },
    { id: 'from', title: 'From', cell: (file) => (file.uploaded ? (file.by ?? 'Somebody who left') : 'A flow') },
    { id: 'bytes', title: 'Size', align: 'end', cell: (file) => sayBytes(file.bytes) },
    { id: 'at', title: 'Kept', cell: (file) => <When at={file.at} /> },
    {
      id: 'delete',
      title: 'Delete',
      silent: true,
      cell: (file) => (may('files.manage') ? <Delete workspace={workspace} file={file} /> : null),
    },
  ]
  return (
    <Page
      title="Files"
      sentence="Files that flows read from, and those they wrote. A flow takes each file once, by its content, whatever it is called."
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
      actions={may('files.manage') ? <Upload workspace={workspace} /> : null}
    >
      {may('files.read') ? (
        <Loaded query={files}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No files yet">
                Upload a CSV file for the step “Read rows”; the step “Write a CSV file” leaves its files here.
              </EmptyState>
            ) : (
              <DataTable label="Files" columns={columns} rows={items} rowKey={(file) => file.id} />
            )
          }
        </Loaded>
      ) : (
        <EmptyState title="Your role does not see files">They hold records of customers.</EmptyState>
      )}
    </Page>
  )
}

function Upload({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const chooser = useRef<HTMLInputElement>(null)
  const upload = useMutation({
    mutationFn: async (files: readonly File[]) => {
      const known: string[] = []
      // One after the other: each is as large as a line can carry within a request.
      for (const file of files) if ((await kept.uploadFile(workspace, file)).known) known.push(file.name)
      return { count: files.length, known }
    },
    onSuccess: ({ count, known }) =>
      notifications.show({
        message:
          known.length === 0
            ? `${countOf(count, 'file')} uploaded. The next run reads what is new.`
            : `${known.join(', ')}: this content is here already, so no flow reads it again.`,
      }),
    onSettled: () => client.invalidateQueries({ queryKey: [workspace, 'files'] }),
  })
  const chosen = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(event.currentTarget.files ?? [])]
    // The same file can be chosen again, for example after a failure.
    event.currentTarget.value = ''
    if (files.length > 0) upload.mutate(files)
  }
  return (
    <>
      <input
        ref={chooser}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={chosen}
      />
      <Button loading={upload.isPending} onClick={() => chooser.current?.click()}>
        Upload files
      </Button>
      <Failure error={upload.error} />
    </>
  )
}

function Delete({ workspace, file }: { workspace: string; file: FileView }) {
  return (
    <DeleteButton
      name={file.name}
      verb="Delete the file"
      run={() => kept.deleteFile(workspace, file.id)}
      reread={[workspace, 'files']}
    >
      <p>
        Its content is gone for good. A flow that has not begun to read it passes it over; one that is at it goes on.
      </p>
    </DeleteButton>
  )
}
