import { expect, test } from 'vitest'
import { maskedWords } from '../../../connectors/kit/personal-words.ts'

test.each([
  ['The address jana.weiss+shop@mail.example.co.uk is not valid.', 'The address [hidden] is not valid.'],
  ['No contact has <jöhn@exämple.at>; tried twice', 'No contact has <[hidden]>; tried twice'],
  ['GET /v2/contact?email=jana%40example.com&x=1', 'GET /v2/contact?email=[hidden]&x=1'],
  ['key welcome/jana@example.com', 'key welcome/[hidden]'],
  ['Call +43 660 123 45 67 first', 'Call [hidden] first'],
  ['37=+436601234567', '37=[hidden]'],
  ['Phone %2B4366012345678 unknown', 'Phone [hidden] unknown'],
  ['0043 660 1234567 or 0660/1234567 or (01) 234 56 78', '[hidden] or [hidden] or [hidden]'],
  ['call (555) 123-4567, 555-123-4567', 'call [hidden], [hidden]'],
  ['card 4111 1111 1111 1111 and 378282246310005', 'card [hidden] and [hidden]'],
  ['{"FirstName":"Jana","Total":12}', '{"FirstName":"[hidden]","Total":12}'],
  [
    'body {\\"Name\\":\\"Jana Weiss\\",\\"Status\\":\\"ACTIVE\\"}',
    'body {\\"Name\\":\\"[hidden]\\",\\"Status\\":\\"ACTIVE\\"}',
  ],
  ["last_name = 'O Neill', 5", "last_name = '[hidden]', 5"],
  ['mobile: 4366012345678; state 5', 'mobile: [hidden]; state 5'],
  ['Contact “Jana Weiss” is archived', 'Contact “[hidden]” is archived'],
  [
    'The contact name Ada Byron is already assigned to another contact. The contact name must be unique.',
    'The contact name [hidden] is already assigned to another contact. The contact name must be unique.',
  ],
])('hides whom it is about: %s', (words, shown) => {
  expect(maskedWords(words)).toBe(shown)
  expect(maskedWords(shown)).toBe(shown)
})

test.each([
  'INV-0001234 of 2026-11-28 over 1,250.00 AUD: 400 Bad Request (code 2008)',
  'Run 018f5a3e-0660-7123-8123-456789012345 had 12000 records on 01-02-2026 and 01/02/2026 at 06:10:00Z',
  'Order 4111111111111112, batch 1764356400000, id 0000012345678',
  'name: must be a text; the field “Name” is missing; email is required',
  'Wait 60 s; 5 of 5,000 calls; version 1.2.3; 10.0.0.12:8443; +1.25 and 0.1234567890',
  'At the address “https://api.example.com/x” the name “Total” is unknown',
  'Account code 200 is not valid for 300 400 5000',
  'The contact name must be unique across all active contacts.',
])('leaves alone what names nobody: %s', (words) => {
  expect(maskedWords(words)).toBe(words)
})

test('takes no longer for long texts', () => {
  const long = `${'a.'.repeat(50_000)} ${'0 '.repeat(50_000)} ${'name="'.repeat(10_000)}`
  const began = performance.now()
  maskedWords(long)
  expect(performance.now() - began).toBeLessThan(2_000)
})
