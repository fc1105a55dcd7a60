import Foundation
import NIOConcurrencyHelpers

#if canImport(Glibc)
  package import Glibc
#elseif canImport(Musl)
  package import Musl
#else
  package import Darwin
#endif

/// A child process that cannot outlive this one: what it prints can be awaited, and so can its end.
///
/// One thread of its own starts the child, reads what it prints, and waits for its end. Foundation's `Process` will not
/// do: on Linux the kernel kills a child when the *thread* that started it ends (`PR_SET_PDEATHSIG`), which for a pool's
/// thread may be at any time; this thread ends after the child.
package final class ServerProcess: Sendable {
  /// Who waits for a line, or with nil for the end.
  private typealias Waiter = (line: String?, continuation: CheckedContinuation<Bool, Never>)

  private struct State {
    var lines: [String] = []
    var status: Int32?
    var waiters: [Waiter] = []
  }

  /// How many lines are kept for an error message.
  ///
  /// What is awaited is looked for in each line as it arrives.
  private static let maximumLines = 200

  package let processID: pid_t
  private let state: NIOLockedValueBox<State>

  /// Starts a program and returns when it runs.
  package static func start(_ path: String, _ arguments: [String]) async throws -> ServerProcess {
    let state = NIOLockedValueBox(State())
    let processID: pid_t = try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { run(path, arguments, state, continuation) }
      thread.name = "server process"
      thread.start()
    }
    return ServerProcess(processID: processID, state: state)
  }

  private init(processID: pid_t, state: NIOLockedValueBox<State>) {
    self.processID = processID
    self.state = state
  }

  deinit {
    signal(SIGKILL)
  }

  /// What it printed last.
  package var output: String { state.withLockedValue { $0.lines.suffix(20).joined(separator: "\n") } }

  /// Its exit status; nil while it runs, and 128 and the signal's number where a signal ended it.
  package var exitStatus: Int32? {
    state.withLockedValue { state in
      state.status.map { status in status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F) }
    }
  }

  /// Whether it is stopped, all of its threads, as SIGSTOP does.
  var isStopped: Bool {
    state.withLockedValue { $0.status == nil } && ChildProcess.isStopped(processID)
  }

  /// The last line that contains a text, if it is among those that are kept.
  package func line(with text: String) -> String? {
    state.withLockedValue { state in state.lines.last { $0.contains(text) } }
  }

  /// How many of the lines that are kept contain a text.
  package func lineCount(with text: String) -> Int {
    state.withLockedValue { state in state.lines.count { $0.contains(text) } }
  }

  /// Sends a signal to this process and no other: its number is not used again before the thread has reaped it, and
  /// that is looked up under the same lock.
  package func signal(_ number: Int32) {
    state.withLockedValue { state in
      if state.status == nil { kill(processID, number) }
    }
  }

  /// Waits until it has printed a line that contains a text.
  ///
  /// - Returns: False if it ended instead.
  package func printed(_ text: String) async -> Bool {
    await withCheckedContinuation { continuation in
      let answer: Bool? = state.withLockedValue { state in
        if state.lines.contains(where: { $0.contains(text) }) { return true }
        if state.status != nil { return false }
        state.waiters.append((text, continuation))
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// Waits until it has printed a text that `http://127.0.0.1:PORT` follows.
  ///
  /// - Returns: The port; nil if it ended instead.
  package func port(after text: String) async -> Int? {
    let text = text + "http://127.0.0.1:"
    guard await printed(text), let line = line(with: text), let range = line.range(of: text) else { return nil }
    return Int(line[range.upperBound...].prefix(while: \.isNumber))
  }

  /// Waits until it has ended.
  package func ended() async {
    _ = await withCheckedContinuation { continuation in
      let hasEnded = state.withLockedValue { state in
        if state.status == nil { state.waiters.append((nil, continuation)) }
        return state.status != nil
      }
      if hasEnded { continuation.resume(returning: true) }
    }
  }

  // MARK: On its thread

  private static func run(
    _ path: String, _ arguments: [String], _ state: NIOLockedValueBox<State>,
    _ started: CheckedContinuation<pid_t, any Error>
  ) {
    let child: (processID: pid_t, output: Int32)
    do {
      child = try ChildProcess.spawn(path, arguments)
    } catch {
      return started.resume(throwing: error)
    }
    started.resume(returning: child.processID)
    ChildProcess.readLines(child.output) { line in
      let waiters = state.withLockedValue { state in
        state.lines.append(line)
        if state.lines.count > maximumLines { state.lines.removeFirst() }
        let isMet = { (waiter: Waiter) in waiter.line.map { line.contains($0) } ?? false }
        defer { state.waiters.removeAll(where: isMet) }
        return state.waiters.filter(isMet)
      }
      for waiter in waiters { waiter.continuation.resume(returning: true) }
    }
    // Waits without reaping, so that the number stays this process's own until the lock is held.
    ChildProcess.awaitEnd(child.processID)
    let waiters = state.withLockedValue { state in
      state.status = ChildProcess.reap(child.processID)
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: waiter.line == nil) }
  }
}
