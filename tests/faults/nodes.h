// Faults of brokers: at most one node at a time, so that three keep their quorum.
#pragma once

#include <string>

#include "tests/faults/scene.h"

namespace bongsu::faults {

int AnyNode(Scene& scene);
// The node that leads a random partition of `topic`; -1 when nobody says.
int LeaderOf(Scene& scene, const std::string& topic);

// False when a node is down already, or `node` is -1.
bool KillNode(Scene& scene, int node);
bool PauseNode(Scene& scene, int node, Scene::Span span);
bool RestartNode(Scene& scene, int node);

}  // namespace bongsu::faults
