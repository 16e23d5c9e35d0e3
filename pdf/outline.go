package pdf

import "strconv"

// outlineItem is a line of the outline that readers show beside the pages.
type outlineItem struct {
	title  string
	page   int // from 0
	nested bool
}

// writeOutline packs the outline (ISO 32000-1, 12.3.3), all of it open, and
// returns its number.
func writeOutline(d *document, items []outlineItem, pages []int) int {
	root := d.alloc()
	numbers := make([]int, len(items))
	for i := range items {
		numbers[i] = d.alloc()
	}
	siblings := map[int][]int{} // of each parent, by index; the root is -1
	parents := make([]int, len(items))
	above := -1
	for i, item := range items {
		parents[i] = -1
		if item.nested {
			parents[i] = above
		} else {
			above = i
		}
		siblings[parents[i]] = append(siblings[parents[i]], i)
	}
	number := func(i int) int {
		if i < 0 {
			return root
		}
		return numbers[i]
	}
	for i, item := range items {
		d.pack(numbers[i])
		d.packed = append(d.packed,
			"<</Title "+textString(item.title)+"/Parent "+ref(number(parents[i]))+"/Dest["+ref(pages[item.page])+"/Fit]"...)
		peers := siblings[parents[i]]
		for k, peer := range peers {
			if peer == i && k > 0 {
				d.packed = append(d.packed, "/Prev "+ref(numbers[peers[k-1]])...)
			}
			if peer == i && k+1 < len(peers) {
				d.packed = append(d.packed, "/Next "+ref(numbers[peers[k+1]])...)
			}
		}
		d.packed = append(append(d.packed, belowOutline(siblings[i], numbers)...), ">>"...)
	}
	d.pack(root)
	d.packed = append(d.packed, "<</Type/Outlines"+belowOutline(siblings[-1], numbers)+">>"...)
	return root
}

// belowOutline are the entries of a line that has others below it.
func belowOutline(below []int, numbers []int) string {
	if len(below) == 0 {
		return ""
	}
	return "/First " + ref(numbers[below[0]]) + "/Last " + ref(numbers[below[len(below)-1]]) + "/Count " + strconv.Itoa(len(below))
}
