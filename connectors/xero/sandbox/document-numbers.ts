import type { Document } from './model.ts'
import type { World } from './world.ts'

/** Invoices and credit notes share everything but their names. */
export type DocumentKind = 'Invoice' | 'CreditNote'

/** The wanted number, or the next automatic one; bills keep what they were given, unique or not. */
export function giveNumber(world: World, document: Document, wanted: string | undefined, kind: DocumentKind): void {
  const { books } = world
  const numbers = kind === 'Invoice' ? books.salesNumbers : books.creditNumbers
  if (document.type === 'ACCPAY') {
    document.number = wanted ?? document.number
    return
  }
  if (document.number) numbers.delete(document.number.toLowerCase())
  document.number = wanted || nextNumber(world, kind)
  numbers.set(document.number.toLowerCase(), document)
}

/** The next free automatic number; callers may have taken some by hand. */
function nextNumber(world: World, kind: DocumentKind): string {
  const { books } = world
  for (;;) {
    const next = kind === 'Invoice' ? `INV-${pad(books.nextInvoiceNumber++)}` : `CN-${pad(books.nextCreditNumber++)}`
    const taken = kind === 'Invoice' ? books.salesNumbers : books.creditNumbers
    if (!taken.has(next.toLowerCase())) return next
  }
}

const pad = (n: number): string => String(n).padStart(4, '0')
