import { describe, expect, it } from 'vitest'
import { csvText } from './csv'

describe('CSV', () => {
  it('makes text of what begins like a formula', () => {
    for (const begin of ['=', '+', '-', '@', '\t', '\r']) {
      expect(csvText([[`${begin}cmd`]])).toBe(`"'${begin}cmd"\r\n`)
    }
    expect(csvText([['Lena', 'a=b']])).toBe('"Lena","a=b"\r\n')
  })
  it('keeps quotes, commas and line breaks in their cell', () => {
    expect(csvText([['a "b"', 'c,d\ne']])).toBe('"a ""b""","c,d\ne"\r\n')
  })
})
