// From findings to risk: of the event, and of the person. The stage between detect and decide; one
// instance a shard.
//
// Event: one detector gives its own risk. Several are combined as the harmonic mean of their tail
// probabilities (D. J. Wilson, PNAS 2019), weighted by maturity: a tail probability again, whatever
// their dependence, up to a factor that shrinks with it. Two that agree say what each says; one
// strange among k ordinary ones loses 20 log10 k points for having had k chances.
//
// Person: risks add like decibels, 10 log10(10^(a/10) + 10^(b/10) - 1), and decay by half each
// `half_life` of event time. An event first loses 20 log10(n / 50) points, n being the person's
// events of about a half-life: who does a lot gets more chances to look strange, so ordinary
// behaviour stays below 60 however busy. A late event counts with what decay has left of it.
//
// A UserRisk goes out when the risk differs from what readers of the last one compute (decay
// included) by a point or in its band, at most once a second of event time; what is held back goes
// out by a timer, the details of its event kept under kind 'r'. Below 1 a timer sends the
// tombstone.
#pragma once

#include "engine/core/spec.h"

namespace bongsu {

OperatorSpec RiskSpec();

}  // namespace bongsu
