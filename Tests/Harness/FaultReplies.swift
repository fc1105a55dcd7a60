import IdempotencyTesting
import NIOCore
import Synchronization

/// Faults that hit one command of the protocol and none of the others on the same connection, such as clock samples.
extension FaultProxy {
  /// Lets the next command that has all of `words` reach Redis, loses its reply and cuts the connection it was on.
  ///
  /// Redis did what it was asked, and nobody hears of it.
  ///
  /// - Parameters:
  ///   - words: Parts of the command as it stands on the wire, such as its name and its key.
  ///   - count: How often that happens.
  /// - Returns: Tells how often it has happened.
  func loseReplies(toCommandsWith words: [String], count: Int = 1) async -> CommandWatch {
    let watch = CommandWatch(words: words, count: count)
    await onBytes(.serverToClient) { watch.replyArrived($0) }
    await onBytes(.clientToServer) { bytes in
      watch.commandArrived(bytes)
      return .forward
    }
    return watch
  }

  /// Counts the commands that have all of `words` from now on.
  func countCommands(with words: [String]) async -> CommandWatch {
    let watch = CommandWatch(words: words, count: 0)
    await onBytes(.clientToServer) { bytes in
      watch.commandArrived(bytes)
      return .forward
    }
    return watch
  }
}

/// Watches commands go by, and says which replies are lost.
final class CommandWatch: Sendable {
  private struct State {
    var left: Int
    var isArmed = false
    var lost = 0
    var seen = 0
  }

  private let words: [[UInt8]]
  private let state: Mutex<State>

  init(words: [String], count: Int) {
    self.words = words.map { Array($0.utf8) }
    self.state = Mutex(State(left: count))
  }

  /// How many replies were lost.
  var lost: Int { state.withLock { $0.lost } }

  /// How many reads brought such a command.
  var seen: Int { state.withLock { $0.seen } }

  func commandArrived(_ bytes: ByteBuffer) {
    let view = bytes.readableBytesView
    guard words.allSatisfy({ view.contains(word: $0) }) else { return }
    state.withLock { state in
      state.seen += 1
      if state.left > 0 { state.isArmed = true }
    }
  }

  func replyArrived(_ bytes: ByteBuffer) -> FaultProxy.Verdict {
    state.withLock { state in
      guard state.isArmed, Self.isAnswer(bytes) else { return .forward }
      state.isArmed = false
      state.left -= 1
      state.lost += 1
      return .swallowAndCut
    }
  }
}

extension CommandWatch {
  /// Whether bytes answer a command of the protocol: another connection may be greeting Redis (INFO, TIME) just then.
  private static func isAnswer(_ bytes: ByteBuffer) -> Bool {
    let text = String(decoding: bytes.readableBytesView.prefix(16), as: UTF8.self)
    // Nil; a script's integer; reclaim's array; a record, after its length.
    if text.hasPrefix("$-1") || text.hasPrefix(":") || text.hasPrefix("*2\r\n:") { return true }
    guard text.hasPrefix("$"), let end = text.firstIndex(of: "\r\n") else { return false }
    return text[text.index(after: end)...].first.map { "RCTUF".contains($0) } ?? false
  }
}

extension ByteBufferView {
  fileprivate func contains(word: [UInt8]) -> Bool {
    guard let first = word.first else { return true }
    var rest = self[...]
    while let index = rest.firstIndex(of: first) {
      if rest[index...].starts(with: word) { return true }
      rest = rest[(index + 1)...]
    }
    return false
  }
}
