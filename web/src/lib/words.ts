// Searching a list that is here as a whole, by the rule of the server's lists: the words as they stand, somewhere in the name.
export const hasWords = (name: string, words: string) => name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase())
