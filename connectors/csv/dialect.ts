import { Type } from 'typebox'

export const Delimiter = Type.Union(
  [
    Type.Literal(',', { title: 'Comma' }),
    Type.Literal(';', { title: 'Semicolon' }),
    Type.Literal('\t', { title: 'Tab' }),
    Type.Literal('|', { title: 'Bar' }),
  ],
  { title: 'Between cells', default: ',' },
)
