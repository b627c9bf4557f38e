// Searching and sorting a list that is here as a whole. Searched by the rule of the server's lists: the words as they stand, somewhere in the name.
export const hasWords = (name: string, words: string) => name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase())

const collator = new Intl.Collator(undefined, { numeric: true })
/** "Bench 2" before "Bench 10". Not for lists that come by pages: those stay as the server sorts them. */
export const byName = (a: { name: string }, b: { name: string }) => collator.compare(a.name, b.name)
