import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { FileList, Uploaded } from '../server/contract/files.ts'
import type { Forgotten, KeyMemory, NodeKey, NodeMemoryList } from '../server/contract/node-memory.ts'
import type { NoticeList, NoticeView } from '../server/contract/notices.ts'
import type { WaitingCancelled, WaitingList, WaitingReleased, WaitingSelection } from '../server/contract/waiting.ts'
import { addressOf, path, request } from './request.ts'

// What a workspace and its flows keep between runs, and how pages ask for it: files, notices, waiting records, memory.

type Signal = { readonly signal?: AbortSignal }

export const filesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'files'],
    queryFn: ({ signal }) => request<FileList>('GET', path`/workspaces/${workspace}/files`, { signal }),
  })
export const fileContent = (workspace: string, file: string) =>
  addressOf(path`/workspaces/${workspace}/files/${file}/content`)
export const uploadFile = (workspace: string, file: File) =>
  request<Uploaded>('POST', path`/workspaces/${workspace}/files`, { query: { name: file.name }, file })
export const deleteFile = (workspace: string, file: string) =>
  request<void>('DELETE', path`/workspaces/${workspace}/files/${file}`)

export type NoticesAsked = { readonly state?: 'open' | 'closed'; readonly desk?: NoticeView['desk'] | undefined }
const notices = (workspace: string, query: NoticesAsked & { readonly cursor?: string | undefined }, options: Signal) =>
  request<NoticeList>('GET', path`/workspaces/${workspace}/notices`, { query, ...options })
export const noticesQuery = (workspace: string, asked: NoticesAsked) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'notices', asked],
    queryFn: ({ pageParam, signal }) => notices(workspace, { ...asked, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })
export const closeNotice = (workspace: string, notice: string) =>
  request<NoticeView>('POST', path`/workspaces/${workspace}/notices/${notice}/close`)

export const waitingQuery = (workspace: string, flow: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', flow, 'waiting'],
    queryFn: ({ signal }) =>
      request<WaitingList>('GET', path`/workspaces/${workspace}/flows/${flow}/waiting`, { signal }),
  })
export const releaseWaiting = (workspace: string, flow: string, body: WaitingSelection) =>
  request<WaitingReleased>('POST', path`/workspaces/${workspace}/flows/${flow}/waiting/release`, { body })
export const cancelWaiting = (workspace: string, flow: string, body: WaitingSelection) =>
  request<WaitingCancelled>('POST', path`/workspaces/${workspace}/flows/${flow}/waiting/cancel`, { body })

export const memoryQuery = (workspace: string, flow: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', flow, 'memory'],
    queryFn: ({ signal }) =>
      request<NodeMemoryList>('GET', path`/workspaces/${workspace}/flows/${flow}/memory`, { signal }),
  })
export const lookUpKey = (workspace: string, flow: string, node: string, body: NodeKey) =>
  request<KeyMemory>('POST', path`/workspaces/${workspace}/flows/${flow}/memory/${node}/look-up`, { body })
export const forgetKey = (workspace: string, flow: string, node: string, body: NodeKey) =>
  request<Forgotten>('POST', path`/workspaces/${workspace}/flows/${flow}/memory/${node}/forget`, { body })
export const forgetNode = (workspace: string, flow: string, node: string) =>
  request<Forgotten>('DELETE', path`/workspaces/${workspace}/flows/${flow}/memory/${node}`)
