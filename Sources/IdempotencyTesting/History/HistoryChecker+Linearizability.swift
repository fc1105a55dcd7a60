internal import Idempotency

extension HistoryChecker {
  /// Whether the replies to the commands about each key can be explained by some order in which the store applied them.
  ///
  /// The order keeps to real time: a command whose reply was there before another was sent comes first. What the store
  /// must do is not written again here: it is ``Idempotency/MemoryStore``'s own table, whose agreement with the scripts
  /// the conformance suite checks.
  ///
  /// Where states of the same name as a record's key tell that the store forgot it, that counts as a command at that
  /// time.
  func commandsAreLinearizable() -> [Violation] {
    guard !history.commands.isEmpty else { return [] }
    let forgotten = Dictionary(grouping: history.states.filter(\.isForgotten), by: \.key)
    return Dictionary(grouping: history.commands, by: \.key).sorted { $0.key.description < $1.key.description }
      .compactMap { key, commands in
        var search = Linearization(
          key: key, commands: commands, forgotten: forgotten[key.description] ?? [], limit: searchLimit)
        switch search.run() {
        case .found: return nil
        case .tooLarge:
          return Violation(
            "linearizability", "\(key): too large to check: \(commands.count) commands, \(searchLimit) steps")
        case .impossible(let explained, let stuck):
          return Violation(
            "linearizability",
            "\(key): after \(explained) of \(commands.count) commands nothing explains any of \(stuck)")
        }
      }
  }
}
