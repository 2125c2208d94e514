#ifndef MOGATE_CNATS_SHIM_H
#define MOGATE_CNATS_SHIM_H

#include <nats/nats.h>

#endif
