package import Logging
private import NIOConcurrencyHelpers

/// Keeps what is logged, for tests that ask what an operator would read.
package final class LogLines: Sendable {
  /// A line, as it was logged.
  package struct Entry: Sendable {
    package let level: Logger.Level
    package let message: String
    /// The message, and the metadata beside it.
    package let text: String
  }

  private let box = NIOLockedValueBox<[Entry]>([])
  private let level: Logger.Level

  /// Makes an empty one; what is below `level` is not kept.
  package init(level: Logger.Level = .trace) {
    self.level = level
  }

  /// Each line: its message, and the metadata beside it.
  package var lines: [String] { entries.map(\.text) }

  /// The same with their levels.
  package var entries: [Entry] { box.withLockedValue { $0 } }

  /// What logs into it.
  package var logger: Logger { Logger(label: "test") { [box, level] _ in Handler(box: box, logLevel: level) } }

  private struct Handler: LogHandler {
    let box: NIOLockedValueBox<[Entry]>
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let message = "\(event.message)"
      let entry = Entry(level: event.level, message: message, text: "\(message) \(event.metadata ?? [:])")
      box.withLockedValue { $0.append(entry) }
    }
  }
}
