import type { StepShown } from './workspace.ts'

/**
 * What is wrong with the counts of a step, in words; nothing when they add up. The identities stand in
 * server/README.md.
 */
export function countProblems(step: StepShown): string[] {
  const { counts, operation } = step
  const of = (...names: string[]) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0)
  const rest = (...known: string[]) =>
    Object.entries(counts).reduce((sum, [name, count]) => (known.includes(name) ? sum : sum + count), 0)
  const problems: string[] = []
  const equal = (left: number, right: number, words: string) => {
    if (left !== right) problems.push(`${step.node_id}, batch ${step.batch}: ${words}: ${left} ≠ ${right}`)
  }
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 0) problems.push(`${step.node_id}: ${name} is ${count}`)
  }
  switch (operation) {
    case 'map':
    case 'split':
      // Each record in gives some, gives none, or is rejected.
      if (of('out') < of('in') - of('none', 'rejected')) problems.push(`${step.node_id}: fewer out than gave some`)
      if (of('none', 'rejected') > of('in')) problems.push(`${step.node_id}: more set aside than came in`)
      break
    case 'filter':
      equal(of('in'), of('out', 'other', 'rejected'), 'in = out + other + rejected')
      break
    case 'route':
      // To all that match: a record may leave by several ports, and leaves by one at least.
      if (rest('in', 'none') < of('in')) problems.push(`${step.node_id}: fewer left than came in`)
      break
    case 'wait':
      equal(of('in'), of('out', 'waiting', 'rejected'), 'in = out + waiting + rejected')
      break
    case 'notify':
    case 'validate':
      equal(of('in'), of('out', 'rejected'), 'in = out + rejected')
      break
    case 'summarise':
      if (counts.groups !== undefined) equal(of('groups'), of('out'), 'groups = out')
      else equal(of('in'), of('gathered', 'rejected'), 'in = gathered + rejected')
      break
    case 'changed-only':
      equal(of('in'), of('out', 'unchanged', 'rejected'), 'in = out + unchanged + rejected')
      equal(of('out'), of('new', 'changed', 'repeated'), 'out = new + changed + repeated')
      break
    case 'compare': {
      const outcomes = of('matched', 'differs', 'only-left', 'only-right', 'rejected')
      if (counts.keys !== undefined) equal(of('keys'), outcomes, 'keys = all outcomes')
      else if (counts.summary === undefined) equal(of('in'), of('gathered', 'rejected'), 'in = gathered + rejected')
      break
    }
    case 'running-value':
      equal(of('in'), of('out', 'rejected'), 'in = out + rejected')
      equal(of('out'), of('added', 'replaced', 'unchanged', 'older', 'taken-back'), 'out = what became of it')
      break
    case 'join':
      equal(of('in'), of('out', 'unmatched', 'gathered', 'rejected'), 'in = out + unmatched + gathered + rejected')
      break
    default:
      if (counts.seen !== undefined) equal(of('in'), of('out', 'seen', 'rejected'), 'in = out + seen + rejected')
      else if (counts.unmatched !== undefined) {
        equal(of('in'), of('out', 'unmatched', 'rejected'), 'in = out + unmatched + rejected')
      } else equal(of('in'), of('out', 'rejected'), 'in = out + rejected')
  }
  return problems
}
