import DequeModule
import NIOCore

/// One timer for all commands of a connection: it stands at the earliest deadline there was when it was set.
extension RedisConnection {
  func scheduleCheck(at deadline: NIODeadline) {
    check?.cancel()
    nextCheck = deadline
    check = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.checkDeadlines() }
  }

  private func checkDeadlines() {
    let now = NIODeadline.now()
    check = nil
    nextCheck = .distantFuture
    let link = supervisor.readyLink
    let sent = link?.expire(now)
    let queued = queue.remove { $0.deadline <= now }
    let next = queue.slots.reduce(sent?.next ?? .distantFuture) { min($0, $1.deadline) }
    if next < .distantFuture { scheduleCheck(at: next) }
    // Callbacks last: what they send must find everything in order.
    if let sent, !sent.callers.isEmpty {
      let error = RedisError(.unknown, .timeout, message: "no reply before the deadline")
      for slot in sent.callers { slot.then?(.failure(error)) }
    }
    if !queued.isEmpty {
      let error = RedisError(.neverSent, .timeout, message: "the connection took no command before the deadline")
      for slot in queued { slot.then?(.failure(error)) }
    }
    if sent?.isStalled == true {
      link?.lose(RedisError(.unknown, .connectionClosed, message: "the server stopped answering"))
    }
    closeIfDrained()
  }

  /// Lets go of a command whose caller no longer waits.
  ///
  /// One that waits here is taken back; the reply to one that was sent is dropped when it comes.
  func abandon(_ id: UInt64, code: RedisError.Code) {
    eventLoop.preconditionInEventLoop()
    if let slot = queue.remove(where: { $0.id == id }).first {
      slot.then?(.failure(RedisError(.neverSent, code, message: "the caller gave up before the command was sent")))
    } else if let then = supervisor.readyLink?.abandon(id) {
      then(.failure(RedisError(.unknown, code, message: "the caller gave up before the reply came")))
    }
    closeIfDrained()
  }
}
