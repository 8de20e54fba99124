/* SPDX-License-Identifier: Apache-2.0 */
/* The backend: a program describes operations, asks for engines that could run them, makes a plan of one, and executes
 * it.  Here every graph of operations has one engine, with nothing to set and no workspace, and running it is a launch.
 *
 * Descriptors keep their attributes as they were set.  Those that a program only asks for are answered from what the
 * descriptor is.  */
#include <string.h>

#include "gpusim/dnn/dnn.h"

/* Types of descriptors, attributes and elements, as cudnn_graph.h numbers them.  */
enum { TYPE_ENGINE = 2, TYPE_ENGINE_CONFIG = 3, TYPE_HEURISTICS = 4 };
enum {
	HEURISTICS_GRAPH = 201, HEURISTICS_RESULTS = 202, CONFIG_ENGINE = 300, CONFIG_WORKSPACE = 303,
	CONFIG_SHARED_MEMORY = 304, PLAN_WORKSPACE = 402, PLAN_JSON = 405, GRAPH_ENGINE_COUNT = 802, ENGINE_GRAPH = 1300,
	ENGINE_INDEX = 1301,
};
enum { ELEMENT_BOOLEAN = 2, ELEMENT_INT64 = 3, ELEMENT_DOUBLE = 5, ELEMENT_HANDLE = 0, ELEMENT_POINTER = 6,
       ELEMENT_DESCRIPTOR = 15, ELEMENT_CHAR = 24, ELEMENT_FRACTION = 26 };

struct mv_dnn_backend {
	struct mv_vendor_object head;
	int type;
	bool is_final;
	struct mv_vendor_value *values;
};

static size_t element_size(int type)
{
	switch (type) {
	case ELEMENT_BOOLEAN:
	case ELEMENT_CHAR:
		return 1;
	case ELEMENT_INT64:
	case ELEMENT_DOUBLE:
	case ELEMENT_HANDLE:
	case ELEMENT_POINTER:
	case ELEMENT_DESCRIPTOR:
		return 8;
	case ELEMENT_FRACTION:
		return 16;
	}
	return 4;
}

static bool is_descriptor(cudnnBackendDescriptor_t descriptor)
{
	return mv_vendor_is(descriptor, MV_DNN_BACKEND);
}

/* ---- life ---- */

cudnnStatus_t cudnnBackendCreateDescriptor(int type, cudnnBackendDescriptor_t *descriptor)
{
	cudnnStatus_t status;

	if (type < 0)
		return CUDNN_STATUS_NOT_SUPPORTED;
	status = mv_dnn_create(descriptor, sizeof(**descriptor), MV_DNN_BACKEND);
	if (!status)
		(*descriptor)->type = type;
	return status;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor)
{
	if (is_descriptor(descriptor))
		mv_vendor_clear(&descriptor->values);
	return mv_dnn_destroy(descriptor, MV_DNN_BACKEND);
}

cudnnStatus_t cudnnBackendInitialize(cudnnBackendDescriptor_t descriptor)
{
	return is_descriptor(descriptor) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor)
{
	if (!is_descriptor(descriptor))
		return CUDNN_STATUS_BAD_PARAM;
	descriptor->is_final = true;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, int attribute, int type, int64_t count,
				       const void *elements)
{
	if (!is_descriptor(descriptor) || descriptor->is_final || count < 0 || (count && !elements))
		return CUDNN_STATUS_BAD_PARAM;
	if (!mv_vendor_set(&descriptor->values, attribute, elements, (size_t)count * element_size(type)))
		return CUDNN_STATUS_ALLOC_FAILED;
	return CUDNN_STATUS_SUCCESS;
}

/* ---- answers ---- */

/* Let the program's descriptor TO be one of TYPE whose ATTRIBUTE is what FROM's SOURCE is.  */
static void derive(cudnnBackendDescriptor_t to, int attribute, cudnnBackendDescriptor_t from, int source)
{
	const struct mv_vendor_value *value = mv_vendor_get(from->values, source);

	if (!is_descriptor(to))
		return;
	if (value)
		mv_vendor_set(&to->values, attribute, value->bytes, value->size);
	to->is_final = true;
}

/* The one result of a search is a configuration of the one engine of the graph.  */
static bool answer_descriptor(cudnnBackendDescriptor_t descriptor, int attribute, int64_t room, int64_t *count,
			      cudnnBackendDescriptor_t *elements)
{
	if (descriptor->type == TYPE_HEURISTICS && attribute == HEURISTICS_RESULTS) {
		if (room > 0 && elements)
			derive(elements[0], ENGINE_GRAPH, descriptor, HEURISTICS_GRAPH);
	} else if (descriptor->type == TYPE_ENGINE_CONFIG && attribute == CONFIG_ENGINE) {
		if (room > 0 && elements)
			derive(elements[0], ENGINE_GRAPH, descriptor, ENGINE_GRAPH);
	} else {
		return false;
	}
	if (count)
		*count = 1;
	return true;
}

/* Numbers that nobody set.  */
static bool answer_number(int attribute, int64_t room, int64_t *count, int64_t *elements)
{
	int64_t number;

	if (attribute == PLAN_WORKSPACE || attribute == CONFIG_WORKSPACE || attribute == CONFIG_SHARED_MEMORY ||
	    attribute == ENGINE_INDEX)
		number = 0;
	else if (attribute == GRAPH_ENGINE_COUNT)
		number = 1;
	else
		return false;
	if (room > 0 && elements)
		*elements = number;
	if (count)
		*count = 1;
	return true;
}

static void answer_text(const char *text, int64_t room, int64_t *count, char *elements)
{
	size_t size = strlen(text) + 1;

	if (elements && room > 0)
		memcpy(elements, text, (size_t)room < size ? (size_t)room : size);
	if (count)
		*count = (int64_t)size;
}

/* What was set; nothing, where nothing was: notes, knobs and layouts that an engine might have.  */
static void answer_kept(cudnnBackendDescriptor_t descriptor, int attribute, size_t size, int64_t room, int64_t *count,
			void *elements)
{
	const struct mv_vendor_value *value = mv_vendor_get(descriptor->values, attribute);
	size_t kept = value ? value->size : 0, wanted = room > 0 ? (size_t)room * size : 0;

	if (elements && kept)
		memcpy(elements, value->bytes, kept < wanted ? kept : wanted);
	if (count)
		*count = (int64_t)(kept / size);
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, int attribute, int type, int64_t room,
				       int64_t *count, void *elements)
{
	if (!is_descriptor(descriptor))
		return CUDNN_STATUS_BAD_PARAM;
	if (type == ELEMENT_DESCRIPTOR && answer_descriptor(descriptor, attribute, room, count, elements))
		return CUDNN_STATUS_SUCCESS;
	if (type == ELEMENT_INT64 && !mv_vendor_get(descriptor->values, attribute) &&
	    answer_number(attribute, room, count, elements))
		return CUDNN_STATUS_SUCCESS;
	if (attribute == PLAN_JSON)
		answer_text("{}", room, count, elements);
	else
		answer_kept(descriptor, attribute, element_size(type), room, count, elements);
	return CUDNN_STATUS_SUCCESS;
}
