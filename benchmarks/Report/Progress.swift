import Foundation

/// Where a run has got to, for whoever waits for it: on standard error, so that the figures stand alone in the output.
enum Progress {
  /// Says a step that has no measurable length.
  static func note(_ text: String) {
    write("\r\u{1B}[K\(text)\n", plain: "\(text)\n")
  }

  /// Draws the bar again in its place; on anything but a terminal, writes a line for each step.
  static func step(_ done: Int, of all: Int, _ text: String) {
    let width = 24
    let filled = all > 0 ? min(width, done * width / all) : width
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    write("\r\u{1B}[K\(bar) \(done)/\(all) \(text)", plain: "\(done)/\(all) \(text)\n")
  }

  /// Takes the bar away.
  static func end() {
    write("\r\u{1B}[K", plain: "")
  }

  private static func write(_ text: String, plain: String) {
    FileHandle.standardError.write(Data((isatty(STDERR_FILENO) == 1 ? text : plain).utf8))
  }
}
