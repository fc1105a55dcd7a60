import Idempotency
import NIOCore

extension ExchangeRunner {
  /// Sets a timer; one that is set again replaces the one before.
  func schedule(_ timer: ExchangeTimer, after delay: TimeAmount) {
    let due = NIODeadline.now() + delay
    if timer == .silence { silence = delay }
    timers.removeAll { $0.timer == timer }
    timers.append((timer, due))
    arm(due)
  }

  private func arm(_ due: NIODeadline) {
    // One entry in the loop's heap is enough: whoever is woken looks at all its timers.
    if let wakesAt, wakesAt <= due { return }
    wakesAt = due
    loop.wake(self, at: due)
  }

  /// Something may be due.
  func wake(_ now: NIODeadline) {
    if let wakesAt, wakesAt > now { return }
    wakesAt = nil
    while let index = timers.firstIndex(where: { $0.due <= now }) {
      let timer = timers.remove(at: index).timer
      // An origin that sends, or still reads, is not silent: the time runs anew from what went over last.
      if timer == .silence, let last = origin?.lastActivity, last + silence > now {
        timers.append((.silence, last + silence))
        continue
      }
      handle(.timer(timer))
      if isFinished { return }
    }
    if let next = timers.map(\.due).min() { arm(next) }
  }
}
