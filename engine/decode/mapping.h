// Declarative mappings: a YAML file that says how the records of a foreign system (CloudTrail,
// Windows, a firewall) become canonical access events. Compiled once, when the configuration is
// loaded, with problems at file:line:col; then one pass over each record fills all fields. Runs in
// `ingest`, one object a thread. There is no arithmetic and there are no loops: what needs them is
// code, not a mapping.
//
//   mapping: acme.vpn
//   version: 1
//   unwrap: [/Records/*, /detail]        # first that exists; a list gives one event an item
//   when: {exists: /user}                # otherwise the record is a dead letter, reason
//   "unmatched" fields:
//     event_id: /id                      # a JSON pointer
//     time: {coalesce: [/ts, /when], formats: [rfc3339, "%d/%b/%Y %H:%M:%S"], zone: Asia/Seoul}
//     user_id: {path: /user, after_last: "\\", lower: true, trim: true}
//     action: {path: /op, lookup: {in: LOGIN, out: LOGOUT}, default: OTHER}
//     result: {if_exists: /error, then: FAIL, else: SUCCESS}
//     src_ip: {path: /peer, type: ip, on_error: null}
//     attributes.groups: {path: /groups/*, join: ","}
//   tests:
//     - {name: a login, input: {…}, expect: {action: LOGIN, src_ip: null}}
//     - {name: nobody, input: {…}, reject: unmatched}
//
// A field's value comes from one of path, coalesce (the first that yields a value), const, or
// if_exists/then/else; then these apply, in this order: trim, split {by, take}, after_last,
// lower/upper, lookup or lookup_prefix (the longest wins; no match: none), default, type. A value
// that the type refuses is none (`on_error: null`) or ends the event as a dead letter (`on_error:
// reject`, the default).
#pragma once

#include <memory>
#include <string>

#include "engine/core/codec.h"
#include "engine/core/config_node.h"
#include "engine/decode/limits.h"

namespace bongsu {

// The decoder for one mapping; problems are added to `problems` and make the result kInvalid.
// `node` is the root of the mapping file. Events it makes carry `source_name` unless a field
// `source` says more.
Result<std::unique_ptr<SourceDecoder>> MakeMapping(const ConfigNode& node,
                                                   const LimitOptions& limits,
                                                   std::string source_name, Problems* problems);

// Runs the `tests:` of a mapping; each failed expectation is a problem at its place. The number of
// tests.
size_t RunMappingTests(const ConfigNode& node, const LimitOptions& limits, Problems* problems);

}  // namespace bongsu
