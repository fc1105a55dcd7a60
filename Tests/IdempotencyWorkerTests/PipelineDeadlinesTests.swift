import NIOCore
import Testing

@testable import IdempotencyWorker

@Suite("Deadlines: who is due, in order")
struct PipelineDeadlinesTests {
  static func at(_ nanoseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(nanoseconds) }

  @Test("the earliest first, those of one time by number, and nobody before their time")
  func order() {
    var deadlines = Deadlines()
    #expect(deadlines.earliest == nil)
    #expect(deadlines.takeDue(Self.at(.max / 2)) == nil)
    for (number, due) in [(1, 30), (2, 10), (3, 20), (4, 10), (2, 40)] as [(UInt64, UInt64)] {
      deadlines.insert(number, at: Self.at(due))
    }
    #expect(deadlines.earliest == Self.at(10))
    #expect(deadlines.takeDue(Self.at(9)) == nil)
    #expect(deadlines.takeDue(Self.at(25)) == 2)
    #expect(deadlines.takeDue(Self.at(25)) == 4)
    #expect(deadlines.takeDue(Self.at(25)) == 3)
    #expect(deadlines.takeDue(Self.at(25)) == nil)
    #expect(deadlines.earliest == Self.at(30))
    #expect(deadlines.takeDue(Self.at(40)) == 1)
    #expect(deadlines.takeDue(Self.at(40)) == 2)
    #expect(deadlines.earliest == nil)
  }

  @Test("entries of the dead go when they are many, those of the living stay")
  func clear() {
    var deadlines = Deadlines()
    for number in 1...10_000 as ClosedRange<UInt64> { deadlines.insert(number, at: Self.at(number)) }
    deadlines.clear(living: 2_000) { $0 % 5 == 0 }
    #expect(deadlines.takeDue(Self.at(20_000)) == 1, "few enough to be left alone")
    deadlines.clear(living: 2) { $0 == 7 || $0 == 9_000 }
    #expect(deadlines.earliest == Self.at(7))
    #expect(deadlines.takeDue(Self.at(20_000)) == 7)
    #expect(deadlines.takeDue(Self.at(20_000)) == 9_000)
    #expect(deadlines.takeDue(Self.at(20_000)) == nil)
  }
}
