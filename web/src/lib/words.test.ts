import { describe, expect, it } from 'vitest'
import { byName, hasWords } from './words'

describe('words of a search', () => {
  it('are somewhere in the name, in any case', () => {
    expect(hasWords('Window row 14', 'ROW 1')).toBe(true)
    expect(hasWords('Window row 14', ' window ')).toBe(true)
    expect(hasWords('Window row 14', 'row 15')).toBe(false)
    expect(hasWords('Window row 14', '14 row')).toBe(false)
  })
  it('that are none fit every name', () => {
    expect(hasWords('Bench 1', '')).toBe(true)
    expect(hasWords('Bench 1', '  ')).toBe(true)
  })
})

describe('names', () => {
  it('are in the order of their numbers', () => {
    const list = ['Bench 10', 'Bench 2', 'bench 1'].map((name) => ({ name }))
    expect(list.sort(byName).map(({ name }) => name)).toEqual(['bench 1', 'Bench 2', 'Bench 10'])
  })
})
