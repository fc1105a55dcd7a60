import Foundation
import Logging

/// Writes each log line as one JSON object on standard error, as log collectors want it.
///
/// By hand: no library here writes swift-log's lines as JSON.
struct JSONLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()
  var metadataProvider: Logger.MetadataProvider?
  private let label: String

  init(label: String) {
    self.label = label
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line: [String: String] = [
      "time": Date.now.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)),
      "level": event.level.rawValue, "logger": label, "message": event.message.description,
    ]
    let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    // A line's own names win over metadata of the same name.
    line.merge(all.mapValues { "\($0)" }) { own, _ in own }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var bytes = try? encoder.encode(line) else { return }
    bytes.append(UInt8(ascii: "\n"))
    // One write, so that lines of several threads do not mix.
    FileHandle.standardError.write(bytes)
  }
}
