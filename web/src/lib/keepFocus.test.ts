import { describe, expect, it } from 'vitest'
import { nearest } from './keepFocus'

describe('nearest', () => {
  const there = (left: string[]) => (place: string) => left.includes(place)

  it('is the innermost place that is still there', () => {
    expect(nearest(['buttons', 'head', 'page'], there(['head', 'page']), 'main')).toBe('head')
  })
  it('is the content when the whole page went away', () => {
    expect(nearest(['buttons', 'head', 'page'], there([]), 'main')).toBe('main')
  })
})
