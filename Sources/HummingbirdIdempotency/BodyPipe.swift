internal import HTTPTypes
internal import Hummingbird
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Collects a response body up to a limit; beyond it, hands it on as it is written.
///
/// Hummingbird's bodies are written into a writer, by a closure that cannot be paused and resumed elsewhere: whether a
/// body of unknown length can be kept is known only in the middle of that. No library offers this change of sides.
final class BodyPipe: Sendable {
  /// What is known about a body once it has ended or passed the limit.
  enum Beginning: Sendable {
    case whole(ByteBuffer)
    case tooLong
    case failed
  }

  private struct State {
    var collected = ByteBuffer()
    var beginning: Beginning?
    var decided: CheckedContinuation<Beginning, Never>?
    /// The reader waits for bytes, or the writer for room: never both.
    var reader: CheckedContinuation<ByteBuffer?, any Error>?
    var writer: CheckedContinuation<Void, Never>?
    var end: Result<Void, any Error>?
    var isAbandoned = false
  }

  private let limit: Int
  private let state = NIOLockedValueBox(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// Lets a body write itself into the pipe.
  func fill(from body: ResponseBody) async {
    do {
      try await body.write(Writer(pipe: self))
      end(.success(()))
    } catch {
      end(.failure(error))
    }
  }

  /// Waits until the body has ended or passed the limit.
  func beginning() async -> Beginning {
    await withCheckedContinuation { continuation in
      let known = state.withLockedValue { state in
        if state.beginning == nil { state.decided = continuation }
        return state.beginning
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// The body that passed the limit, from its first byte on. Whoever drops it unread lets the writer go.
  var responseBody: ResponseBody {
    let reader = Reader(pipe: self)
    return ResponseBody { writer in
      while let bytes = try await reader.pipe.next() { try await writer.write(bytes) }
      try await writer.finish(nil)
    }
  }

  fileprivate func write(_ bytes: ByteBuffer) async {
    await withCheckedContinuation { continuation in
      let (proceed, reader, decided) = state.withLockedValue { state -> (Bool, (CheckedContinuation<ByteBuffer?, any Error>, ByteBuffer)?, CheckedContinuation<Beginning, Never>?) in
        if state.isAbandoned { return (true, nil, nil) }
        state.collected.writeImmutableBuffer(bytes)
        guard state.collected.readableBytes > limit || state.beginning != nil else { return (true, nil, nil) }
        var decided: CheckedContinuation<Beginning, Never>?
        if state.beginning == nil {
          state.beginning = .tooLong
          decided = state.decided
          state.decided = nil
        }
        if let reader = state.reader {
          state.reader = nil
          defer { state.collected = ByteBuffer() }
          return (true, (reader, state.collected), decided)
        }
        state.writer = continuation
        return (false, nil, decided)
      }
      decided?.resume(returning: .tooLong)
      reader.map { $0.0.resume(returning: $0.1) }
      if proceed { continuation.resume() }
    }
  }

  private func end(_ result: Result<Void, any Error>) {
    let (decided, beginning, reader) = state.withLockedValue { state in
      state.end = result
      if state.beginning == nil {
        if case .success = result { state.beginning = .whole(state.collected) } else { state.beginning = .failed }
      }
      defer {
        state.decided = nil
        state.reader = nil
      }
      return (state.decided, state.beginning, state.reader)
    }
    if let decided, let beginning { decided.resume(returning: beginning) }
    reader?.resume(with: result.map { nil })
  }

  fileprivate func next() async throws -> ByteBuffer? {
    try await withCheckedThrowingContinuation { continuation in
      let (ready, writer) = state.withLockedValue { state -> (Result<ByteBuffer?, any Error>?, CheckedContinuation<Void, Never>?) in
        defer { state.writer = nil }
        if state.collected.readableBytes > 0 {
          defer { state.collected = ByteBuffer() }
          return (.success(state.collected), state.writer)
        }
        if let end = state.end { return (end.map { nil }, state.writer) }
        state.reader = continuation
        return (nil, state.writer)
      }
      if let ready { continuation.resume(with: ready) }
      writer?.resume()
    }
  }

  fileprivate func abandon() {
    let writer = state.withLockedValue { state in
      state.isAbandoned = true
      state.collected = ByteBuffer()
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume()
  }

  private struct Writer: ResponseBodyWriter {
    let pipe: BodyPipe

    mutating func write(_ buffer: ByteBuffer) async throws {
      await pipe.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }

  /// Stands for whoever reads the rest: when it goes, nobody will.
  private final class Reader: Sendable {
    let pipe: BodyPipe

    init(pipe: BodyPipe) {
      self.pipe = pipe
    }

    deinit {
      pipe.abandon()
    }
  }
}
