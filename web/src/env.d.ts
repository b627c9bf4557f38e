// Modules that the build makes: compiled messages (see build/messages.ts).
declare module 'virtual:messages/*' {
  const messages: Record<string, string>
  export default messages
}
