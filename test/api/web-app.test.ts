import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { APP_PAGES } from '../../server/contract/paths.ts'
import { API, type Installation, install } from './installation.ts'

let it: Installation
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-web-'))
  writeFileSync(join(folder, 'secret.txt'), 'outside of the web app')
  mkdirSync(join(folder, 'dist/assets'), { recursive: true })
  writeFileSync(join(folder, 'dist/index.html'), '<title>Tieline</title>')
  writeFileSync(join(folder, 'dist/assets/app-1a2b3c.js'), 'export {}')
  it = await install({ webRoot: join(folder, 'dist') })
})
afterAll(async () => {
  await it.close()
  rmSync(folder, { recursive: true })
})

test('every address of the web app gets its page, which is never kept by a cache', async () => {
  for (const url of ['/', '/sign-in', '/w/1/flows', '/w/1/runs/2?node=a.b']) {
    const answer = await it.api.inject(url)
    expect([url, answer.statusCode, answer.body]).toEqual([url, 200, '<title>Tieline</title>'])
    expect(answer.headers['cache-control']).toBe('no-cache')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  }
})

test('files with a hash in their name are kept for good', async () => {
  const answer = await it.api.inject('/assets/app-1a2b3c.js')
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

test('a build that is made while the product runs is served from then on, and one under way is said', async () => {
  const other = mkdtempSync(join(tmpdir(), 'tieline-rebuilt-'))
  const build = (name: string) => {
    mkdirSync(join(other, 'assets'), { recursive: true })
    writeFileSync(join(other, `assets/${name}.js`), `export {} // ${name}`)
    writeFileSync(join(other, 'index.html'), `<script src="/assets/${name}.js"></script>`)
  }
  build('first')
  const product = await install({ webRoot: other })
  try {
    const html = { accept: 'text/html' }
    const ask = async (url: string) => {
      const { statusCode, body } = await product.api.inject({ url, headers: html })
      return `${statusCode} ${body}`
    }
    for (const url of ['/', '/w/1/flows']) expect(await ask(url)).toContain('200 <script src="/assets/first.js">')

    rmSync(other, { recursive: true })
    for (const url of ['/', '/w/1/flows']) expect(await ask(url)).toMatch(/^503 [\s\S]*being built anew/)
    expect(await ask('/assets/first.js')).toMatch(/^404 /)

    build('second')
    for (const url of ['/', '/w/1/flows', '/nothing-such']) expect(await ask(url)).toContain('/assets/second.js')
    expect(await ask('/assets/second.js')).toBe('200 export {} // second')
  } finally {
    await product.close()
    rmSync(other, { recursive: true, force: true })
  }
})

test('what is not there is a problem, not the page', async () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const MACHINES = [`${API}/nothing`, '/api/unknown', '/api', '/metrics', '/health', '/healthz', '/readyz']
  for (const url of [...MACHINES, '/assets/app-old.js', '/favicon.ico']) {
    for (const headers of [{}, html]) {
      const answer = await it.api.inject({ url, headers })
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([url, 404, 'application/problem+json'])
    }
  }
  const said = async (url: string) => (await it.api.inject(url)).json().detail
  expect(await said('/healthz')).toMatch(/nothing at GET \/healthz\. .* is at \/api\/v1\/health\/live/)
  expect(await said('/metrics')).toContain('/api/v1/metrics where METRICS_TOKEN is set')
  expect(await said('/api/unknown')).toContain('The API is under /api/v1.')
  expect(await said('/constructor')).toBe('There is nothing at GET /constructor.')
  expect((await it.api.inject({ method: 'POST', url: '/sign-in' })).statusCode).toBe(404)
})

test('whoever asks for something else than a page gets none, and an address of no page is none', async () => {
  const asked = async (url: string, accept: string, method: 'GET' | 'HEAD' = 'GET') => {
    const { statusCode, headers } = await it.api.inject({ method, url, headers: { accept } })
    return `${statusCode} ${String(headers['content-type']).split(';')[0]}`
  }
  expect(await asked('/w/1/flows', 'application/json')).toBe('404 application/problem+json')
  expect(await asked('/w/1/flows', '*/*', 'HEAD')).toBe('200 text/html')
  for (const url of [`/${API}/me`, '//', '//sign-in'])
    expect([url, await asked(url, '*/*')]).toEqual([url, '404 application/problem+json'])
  // People are shown that there is nothing, in the web app's own words.
  expect(await asked('/graphql', '*/*')).toBe('404 application/problem+json')
  expect(await asked('/graphql', 'text/html,*/*;q=0.8')).toBe('404 text/html')
  const own = ['router.tsx', 'outside.tsx'].map((name) => readFileSync(`${import.meta.dirname}/../../editor/${name}`))
  const paths = own.flatMap((source) => [
    ...String(source).matchAll(/getParentRoute: \(\) => root,\n {2}path: '\/([^/']*)/g),
  ])
  expect(paths.map(([, first]) => first).sort()).toEqual([...APP_PAGES].sort())
})

test('nothing outside of the folder is served', async () => {
  for (const url of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/../../secret.txt',
  ]) {
    expect((await it.api.inject(url)).body).not.toContain('outside')
  }
})

test('the page of the API is served beside it', async () => {
  const page = await it.api.inject('/docs/')
  expect(page.statusCode).toBe(200)
  const scripts = [...page.body.matchAll(/<script([^>]*)>([^<]*)/g)]
  expect(scripts.length).toBeGreaterThan(0)
  for (const [, attributes, inline] of scripts) {
    expect(attributes).toContain('src=')
    expect(inline?.trim()).toBe('')
  }
  expect((await it.api.inject('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200)
})
