/// What a handler waits at until the test opens it.
final class Gate: Sendable {
  private let state = Watched((isOpen: false, arrived: 0))

  /// Lets everybody through who waits and who is still to come.
  func open() {
    state.update { $0.isOpen = true }
  }

  /// Waits until the gate is open.
  func pass() async {
    state.update { $0.arrived += 1 }
    await state.wait { $0.isOpen }
  }

  /// Waits until so many have come to the gate.
  func reached(by count: Int = 1) async {
    await state.wait { $0.arrived >= count }
  }
}
