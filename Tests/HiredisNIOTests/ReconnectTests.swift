import NIOCore
import Testing

@testable import HiredisNIO

@Suite("Reconnecting is prompt once and patient after that")
struct ReconnectTests {
  @Test func theFirstAttemptIsImmediateAndFailuresAreNot() {
    var state = ReconnectState()
    #expect(state.isImmediate)
    state.attemptFailed()
    #expect(!state.isImmediate)
    #expect(state.failures == 1)
    state.attemptFailed()
    #expect(state.failures == 2)
  }

  @Test func aConnectionThatWasOfUseIsReplacedAtOnce() {
    var state = ReconnectState()
    state.attemptFailed()
    state.disconnected(isProven: true)
    #expect(state.isImmediate)
  }

  @Test func aServerThatHangsUpAgainAndAgainIsCalledLessAndLess() {
    var state = ReconnectState()
    state.disconnected(isProven: false)
    #expect(state.isImmediate)
    state.disconnected(isProven: false)
    #expect(!state.isImmediate)
    state.disconnected(isProven: false)
    #expect(state.failures == 2)
  }

  @Test func waitsDoubleUpToTheMaximumAndAreJittered() {
    let backoff = ReconnectBackoff(initial: .milliseconds(20), maximum: .seconds(2))
    #expect(backoff.delay(failures: 1, jitter: 1) == .milliseconds(20))
    #expect(backoff.delay(failures: 1, jitter: 0) == .milliseconds(10))
    #expect(backoff.delay(failures: 3, jitter: 1) == .milliseconds(80))
    #expect(backoff.delay(failures: 8, jitter: 1) == .seconds(2))
    #expect(backoff.delay(failures: .max, jitter: 0) == .seconds(1))
  }
}
